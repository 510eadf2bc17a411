"""The small scripts by which Pulumi starts our Python code.

Pulumi takes a language host that lies beside the CLI without a word, and warns of
one elsewhere on PATH. So ours lies beside the CLI in the shared cache and is told by
CAREPLANE_PYTHON whose environment to use; only for a CLI on PATH that has no host of
its own does it lie in the checkout.
"""

from __future__ import annotations

import os
import shlex
import sys
import tempfile
from dataclasses import dataclass
from importlib.util import find_spec
from pathlib import Path

from localcloud.toolchain.cli import HOST, Pulumi

PYTHON = "CAREPLANE_PYTHON"

_SHARED_HOST = f"""#!/bin/sh
# Pulumi's Python language host, for whichever checkout calls.
if [ -z "${{{PYTHON}:-}}" ]; then
    echo 'pulumi-language-python: first run  eval "$(python -m localcloud env)"  in the checkout' >&2
    exit 1
fi
exec "${PYTHON}" -P -m localcloud.toolchain.host "$@"
"""


ROOT = Path(__file__).resolve().parents[2]


def python(root: Path = ROOT) -> Path:
    """The Python that runs us; but the checkout's environment where ours has no packages."""
    environment = root / ".venv" / "bin" / "python"
    if find_spec("pulumi") is None and environment.exists():
        return environment
    return Path(sys.executable)


def _script(module: str) -> str:
    return f'#!/bin/sh\nexec {shlex.quote(str(python()))} -P -m {module} "$@"\n'


@dataclass(frozen=True)
class Folders:
    """What goes on PATH, in order: the CLI's folder, maybe our host's, and the local cloud's plugin's."""

    cli: Path
    host: Path | None
    plugin: Path

    @property
    def path(self) -> list[Path]:
        return [folder for folder in (self.host, self.cli, self.plugin) if folder is not None]


def write(pulumi: Pulumi, home: Path) -> Folders:
    """Write the launchers that this CLI needs; `home` is the checkout's `.careplane`."""
    toolchain = home / "toolchain"
    plugin = toolchain / "plugin"
    _write(plugin / "pulumi-resource-gcp", _script("localcloud.plugin"))
    return Folders(pulumi.path.parent, _host(pulumi, toolchain), plugin)


def _host(pulumi: Pulumi, toolchain: Path) -> Path | None:
    if pulumi.own_host:
        return None
    if pulumi.source != "PATH":
        _write(pulumi.path.parent / HOST, _SHARED_HOST)
        return None
    _write(toolchain / "host" / HOST, _script("localcloud.toolchain.host"))
    return toolchain / "host"


def _write(path: Path, text: str) -> None:
    """Replace the file in one step, and only if it differs: another process may be starting it."""
    if path.exists() and path.read_text() == text and os.access(path, os.X_OK):
        return
    path.parent.mkdir(parents=True, exist_ok=True)
    descriptor, draft = tempfile.mkstemp(dir=path.parent, prefix=".launcher-")
    with os.fdopen(descriptor, "w") as file:
        file.write(text)
    os.chmod(draft, 0o755)
    os.replace(draft, path)
