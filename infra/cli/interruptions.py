"""SIGINT and SIGTERM as a note to look at, so that none comes between doing something and writing it down."""

from __future__ import annotations

import signal
from collections.abc import Iterator
from contextlib import contextmanager
from types import FrameType

_NUMBERS = (signal.SIGINT, signal.SIGTERM)


@contextmanager
def interruptions() -> Iterator[list[int]]:
    """The signals that came, empty at first; the second one acts as it always does."""
    came: list[int] = []

    def note(number: int, frame: FrameType | None) -> None:
        came.append(number)
        restore()

    def restore() -> None:
        for number, handler in previous.items():
            signal.signal(number, handler)

    previous = {number: signal.signal(number, note) for number in _NUMBERS}
    try:
        yield came
    finally:
        restore()
