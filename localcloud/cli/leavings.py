"""Processes that a killed local cloud of a home left behind: those whose environment names that home."""

from __future__ import annotations

import contextlib
import os
import signal
from collections.abc import Iterator
from pathlib import Path

from localcloud.process import MARK, wait_gone

GRACE = 10.0
"""Seconds from SIGTERM to SIGKILL."""


def find(home: Path, proc: Path = Path("/proc")) -> list[int]:
    """Their process ids; none where the system has no /proc."""
    return sorted(
        int(environ.parent.name) for environ in proc.glob("[0-9]*/environ") if any(_marks(environ, home))
    )


def _marks(environ: Path, home: Path) -> Iterator[bool]:
    """The mark is `<kind>:<folder>`, the folder being the home or one under it."""
    with contextlib.suppress(OSError):
        for entry in environ.read_bytes().split(b"\0"):
            name, _, value = os.fsdecode(entry).partition("=")
            if name == MARK:
                yield Path(value.partition(":")[2]).is_relative_to(home)


def end(home: Path) -> int:
    """End them all; how many there were."""
    found = [pid for pid in find(home) if pid != os.getpid()]
    for number in (signal.SIGTERM, signal.SIGKILL):
        for pid in found:
            with contextlib.suppress(ProcessLookupError, PermissionError):
                os.kill(pid, number)
        if all(wait_gone(pid, GRACE) for pid in found):
            break
    return len(found)
