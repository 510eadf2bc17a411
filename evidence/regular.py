"""Reading files that somebody else may have put there: regular files only, so that every read ends."""

from __future__ import annotations

import errno
import os
import stat
from pathlib import Path


def read(path: Path, links: bool = True) -> bytes:
    """All of a file; raises `OSError` on a folder, a pipe, a device, and on a link where `links` is False."""
    flags = os.O_RDONLY | os.O_NONBLOCK | os.O_CLOEXEC | (0 if links else os.O_NOFOLLOW)
    with open(os.open(path, flags), "rb") as file:
        if not stat.S_ISREG(os.fstat(file.fileno()).st_mode):
            raise OSError(errno.EINVAL, "is no regular file", str(path))
        return file.read()
