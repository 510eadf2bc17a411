"""The private folder of a server's unix socket, whose path must be short (107 bytes with the file name)."""

from __future__ import annotations

import contextlib
import hashlib
import os
import shutil
import stat
import tempfile
from pathlib import Path

from localcloud.postgres.account import Account
from localcloud.postgres.errors import PostgresError

_LIMIT = 90


def place(home: Path, name: str) -> Path:
    """Short enough for a unix socket: under the home, or in the system's folder for temporary files."""
    digest = hashlib.sha256(f"{home}\0{name}".encode()).hexdigest()[:10]
    inside = home / "postgres" / ".s" / digest
    if len(str(inside)) <= _LIMIT:
        return inside
    return Path(tempfile.gettempdir()) / f"careplane-{digest}"


def make(folder: Path, account: Account) -> None:
    folder.parent.mkdir(parents=True, exist_ok=True)
    with contextlib.suppress(FileExistsError):
        folder.mkdir(mode=0o700)
    found = folder.lstat()
    # In a shared folder for temporary files somebody else may have made it first.
    if not stat.S_ISDIR(found.st_mode) or found.st_uid not in (os.geteuid(), account.uid):
        raise PostgresError(f"{folder} belongs to somebody else; remove it or set TMPDIR")
    folder.chmod(0o700)
    account.own(folder.parent) if folder.parent.name == ".s" else None
    account.own(folder)


def remove(folder: Path, home: Path) -> None:
    if not folder.is_relative_to(home):
        shutil.rmtree(folder, ignore_errors=True)
