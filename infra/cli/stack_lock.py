"""One command at a time on a stack: a file that is locked for as long as the command runs.

The engine's own lock is held for one preview or update only; off-boarding and a fleet take many steps. The
kernel releases it when the process ends, however it ends.
"""

from __future__ import annotations

import fcntl
import json
import os
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, datetime
from pathlib import Path

from infra.cli.errors import StackBusy


@contextmanager
def held(home: Path, stack: str, what: str) -> Iterator[None]:
    """Hold the stack, or StackBusy with who holds it; `what` tells others, such as `tenant offboard`."""
    folder = home / "locks"
    folder.mkdir(mode=0o700, parents=True, exist_ok=True)
    # Never removed: another process could lock a file that is no longer there for the next.
    descriptor = os.open(folder / f"{stack}.lock", os.O_RDWR | os.O_CREAT, 0o600)
    try:
        try:
            fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError as error:
            raise StackBusy(stack, _holder(descriptor)) from error
        since = datetime.now(UTC).isoformat(timespec="seconds")
        _write(descriptor, json.dumps({"pid": os.getpid(), "what": what, "since": since}))
        yield
        _write(descriptor, "")
    finally:
        os.close(descriptor)


def _write(descriptor: int, text: str) -> None:
    os.ftruncate(descriptor, 0)
    os.pwrite(descriptor, text.encode(), 0)


def _holder(descriptor: int) -> str:
    """As the holder wrote it; it may be about to."""
    try:
        found = json.loads(os.pread(descriptor, 4096, 0))
    except ValueError:
        return "another process has just begun with it"
    return f"process {found['pid']} ({found['what']}) has it since {found['since']}"
