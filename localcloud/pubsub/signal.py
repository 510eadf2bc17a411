"""Wakes those who wait for messages."""

from __future__ import annotations

import threading


class Signal:
    """A counter that rises on every change; a waiter names the count it has seen, so none is missed."""

    def __init__(self) -> None:
        self._changed = threading.Condition()
        self._count = 0

    @property
    def count(self) -> int:
        return self._count

    def notify(self) -> None:
        with self._changed:
            self._count += 1
            self._changed.notify_all()

    def wait(self, seen: int, seconds: float) -> int:
        """The count after a change since `seen`, or after the time."""
        with self._changed:
            self._changed.wait_for(lambda: self._count != seen, timeout=seconds)
            return self._count


MESSAGES = Signal()
