"""What day it is, where dates decide: a clock that runs behind would let expired waivers count."""

from __future__ import annotations

import subprocess
from datetime import UTC, date, datetime
from pathlib import Path
from typing import Final

from policies.errors import ClockError

RELEASED: Final = date(2026, 11, 21)
"""Before this day there was no pack: a clock that says so is wrong."""


def now() -> datetime:
    return datetime.now(UTC)


def today(file: Path | None = None, at: datetime | None = None) -> date:
    """The clock's day; raises `ClockError` before the pack's release, or before `file` was last committed."""
    moment = at or now()
    if moment.date() < RELEASED:
        raise ClockError(moment, f"but this pack was released on {RELEASED}")
    committed = last_commit(file) if file else None
    if committed and moment < committed:
        raise ClockError(
            moment, f"but {file.name if file else ''} was committed on {committed:%Y-%m-%d at %H:%M} UTC"
        )
    return moment.date()


def last_commit(file: Path) -> datetime | None:
    """When git says that a file was last committed; None outside a repository or where it never was."""
    command = ["git", "log", "-1", "--format=%cI", "--", file.name]
    try:
        done = subprocess.run(command, cwd=file.parent, capture_output=True, text=True, check=False)
    except OSError:
        return None
    found = done.stdout.strip()
    return datetime.fromisoformat(found).astimezone(UTC) if found and not done.returncode else None
