"""Signals while a drill runs. SIGTERM and Ctrl-C stop the method and start the rollback.

A signal ends the activity that is under way, and nothing else: the journal is never written by halves.
A rollback under way is finished; a second signal stops that too, and `resume` goes on with it.
"""

from __future__ import annotations

import signal
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from types import FrameType
from typing import Any

_STOP = (signal.SIGTERM, signal.SIGINT, signal.SIGHUP)
_ABORT = signal.SIGUSR1


class Interrupted(BaseException):
    """The run must stop here; not an `Exception`, so that no activity takes it for a failure of its own."""


class Interruptions:
    """Holds a signal back until an activity is under way, or until the next one would start."""

    def __init__(self) -> None:
        self._pending: str | None = None
        self._open = False
        self._shielded = False
        self._signals = 0
        self._bound: str | None = None
        self.seen: list[str] = []

    @contextmanager
    def listening(self) -> Iterator[None]:
        """Handle the signals; what handled them before does so again afterwards."""
        before: dict[signal.Signals, Any] = {}
        for number in _STOP:
            before[number] = signal.signal(number, self._stopped)
        before[_ABORT] = signal.signal(_ABORT, self._aborted)
        try:
            yield
        finally:
            for number, handler in before.items():
                signal.signal(number, handler)

    def _stopped(self, number: int, frame: FrameType | None) -> None:
        self._signals += 1
        self._pending = signal.Signals(number).name
        self.seen.append(self._pending)
        if self._open and not self._held_back:
            self.check()

    def _aborted(self, number: int, frame: FrameType | None) -> None:
        if self._bound and not self._shielded:
            self._pending = self._bound
            if self._open:
                self.check()

    @property
    def _held_back(self) -> bool:
        return self._shielded and self._signals < 2

    def abort(self, why: str) -> None:
        """From another thread: stop the activity that the main thread is in."""
        self._bound = why
        signal.pthread_kill(threading.main_thread().ident or 0, _ABORT)

    def check(self) -> None:
        """Raise what was held back."""
        if self._pending and not self._held_back:
            why, self._pending = self._pending, None
            raise Interrupted(why)

    @contextmanager
    def activity(self) -> Iterator[None]:
        """While an activity is under way a signal ends it."""
        self._open = True
        try:
            yield
        finally:
            self._open = False

    def shield(self) -> None:
        """From here on the first signal is only noted."""
        self._shielded = True
        self._pending = None

    @property
    def aborted(self) -> str | None:
        """The bound that was crossed."""
        return self._bound
