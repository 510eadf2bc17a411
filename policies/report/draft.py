"""A folder that is made beside the one it is for, and goes away with the run, however that ends."""

from __future__ import annotations

import fcntl
import os
import re
import shutil
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

_SUFFIX = ".draft"


@contextmanager
def beside(folder: Path) -> Iterator[Path]:
    """A new folder `.NAME-xxxxxxxx.draft`; those of runs that were killed are removed.

    It is locked while its run lives, and the kernel gives the lock back however the run ends.
    """
    folder.parent.mkdir(parents=True, exist_ok=True)
    draft = Path(tempfile.mkdtemp(prefix=f".{folder.name}-", suffix=_SUFFIX, dir=folder.parent))
    lock = os.open(draft, os.O_RDONLY | os.O_CLOEXEC)
    try:
        fcntl.flock(lock, fcntl.LOCK_EX)
        _remove_left(folder, draft)
        yield draft
    finally:
        shutil.rmtree(draft, ignore_errors=True)
        os.close(lock)


def _remove_left(folder: Path, own: Path) -> None:
    """Drafts for the same folder that are older than ours and that no run holds any more."""
    ours = re.compile(rf"\.{re.escape(folder.name)}-[a-z0-9_]{{8}}{re.escape(_SUFFIX)}")
    began = own.stat().st_mtime_ns
    for each in folder.parent.iterdir():
        if each == own or not ours.fullmatch(each.name) or each.is_symlink() or not each.is_dir():
            continue
        if each.stat().st_mtime_ns < began and not _held(each):
            shutil.rmtree(each, ignore_errors=True)


def _held(draft: Path) -> bool:
    lock = os.open(draft, os.O_RDONLY | os.O_CLOEXEC)
    try:
        fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except BlockingIOError:
        return True
    finally:
        os.close(lock)
    return False
