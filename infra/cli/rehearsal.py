"""A cloud place rehearsed on the local cloud: the same programs, the same stack files, local endpoints.

What a rehearsal needs lies in a folder of its own, so that no tracked file changes: links to the programs and
the policies, and copies of the place's stack files with the endpoints of the local place.
"""

from __future__ import annotations

import os
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

import yaml

from infra.cli.google import LOOPBACK
from infra.cli.places import ROOT, STACKS
from infra.cli.pulumi import REHEARSAL
from infra.config import FileSource
from infra.datafile import load
from infra.errors import ConfigError

_LINKED = ("infra", "policies", ".venv")
_SECRETS = ("encryptedkey", "encryptionsalt", "secretsprovider")
_LOCAL = "local-organization"


def refuse_unrehearsed(place: str, home: Path, folder: Path = STACKS) -> None:
    """A place in the cloud is not to be run as it stands where the shell's engine is the local cloud's.

    The engine would add the local passphrase's salt to the place's tracked files. `home` is Pulumi's.
    """
    backend = os.environ.get("PULUMI_BACKEND_URL", "")
    files = sorted(folder.glob(f"Pulumi.{place}-*.yaml"))
    if backend != (home.resolve().parent / "state").as_uri() or any(_is_local(file) for file in files):
        return
    if files:
        raise ConfigError(
            "--place",
            place,
            f"with --rehearse, since PULUMI_BACKEND_URL is the local cloud's ({backend}); without it in a "
            f"shell that has the place's own",
        )


def _is_local(file: Path) -> bool:
    hosts = (urlsplit(url).hostname for url in FileSource(file).endpoints().values())
    return any(host in LOOPBACK for host in hosts)


def prepare(place: str, home: Path, folder: Path = STACKS) -> Path:
    """The root to run Pulumi in; made again at every run, its secrets' salts kept."""
    if place == "local":
        raise ConfigError("--rehearse", place, "a place other than local, which is rehearsal already")
    files = sorted(folder.glob(f"Pulumi.{place}-*.yaml"))
    if not files:
        raise ConfigError("--place", place, "a place that has stack files")
    root = home / REHEARSAL
    (root / "stacks").mkdir(mode=0o700, parents=True, exist_ok=True)
    for name in _LINKED:
        if not (root / name).is_symlink():
            (root / name).symlink_to(ROOT / name)
    (root / "Pulumi.yaml").write_text((ROOT / "Pulumi.yaml").read_text())
    local = load(folder / f"Pulumi.{_LOCAL}.yaml")["config"]
    for path in files:
        _copy(path, root / "stacks" / path.name, local)
    return root


def _copy(source: Path, target: Path, local: dict[str, Any]) -> None:
    """Endpoints are the local place's, and so are operators: nobody else could pass the perimeter here."""
    document = load(source)
    taken = {
        key: value
        for key, value in local.items()
        if key.endswith("CustomEndpoint")
        or key == "gcp:userProjectOverride"
        or (key == "careplane:operators" and key in document["config"])
    }
    before = load(target) if target.exists() else {}
    kept = {key: before[key] for key in _SECRETS if key in before}
    settled = {"config": {**document["config"], **taken}, **kept}
    target.write_text(yaml.safe_dump(settled, sort_keys=False, width=200))
