"""The per-user cache: one folder a version, complete or absent, made by one process at a time."""

from __future__ import annotations

import fcntl
import os
import shutil
import tempfile
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path

from localcloud.toolchain.progress import Progress


def cache_root(environ: Mapping[str, str] = os.environ) -> Path:
    """`$XDG_CACHE_HOME/careplane/toolchain`, by default under `~/.cache`; a relative value is ignored,
    as the XDG base directory specification asks."""
    given = environ.get("XDG_CACHE_HOME", "")
    base = Path(given) if given.startswith("/") else Path(environ.get("HOME") or Path.home()) / ".cache"
    return base / "careplane" / "toolchain"


@contextmanager
def locked(root: Path, name: str) -> Iterator[None]:
    """One process at a time; the others wait and say so. A killed holder lets go of the lock."""
    root.mkdir(parents=True, exist_ok=True)
    with (root / f".{name}.lock").open("w") as file:
        with Progress(f"waiting for another process that prepares {name}"):
            fcntl.flock(file, fcntl.LOCK_EX)
        yield


@contextmanager
def whole(target: Path) -> Iterator[Path]:
    """A folder to fill that becomes `target` only if the block ends well; call it under `locked`."""
    for left in target.parent.glob(f".{target.name}.partial-*"):
        shutil.rmtree(left, ignore_errors=True)
    work = Path(tempfile.mkdtemp(prefix=f".{target.name}.partial-", dir=target.parent))
    try:
        yield work
        work.chmod(0o755)
        if target.exists():
            shutil.rmtree(target)
        work.rename(target)
    finally:
        shutil.rmtree(work, ignore_errors=True)
