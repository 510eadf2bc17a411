"""A line for every step that lasts: what is being done and for how many seconds by now."""

from __future__ import annotations

import sys
import threading
import time
from types import TracebackType
from typing import TextIO

QUIET = 2.0
"""Seconds that a step may take without a word."""


class Progress:
    """Say what is done once it has lasted `quiet` seconds, then every `every` seconds, and at its end.

    On a terminal one line is rewritten; in a file each report is a line of its own.
    """

    def __init__(
        self, what: str, *, out: TextIO | None = None, quiet: float = QUIET, every: float | None = None
    ) -> None:
        self._out = out or sys.stderr
        self._what = what
        self._terminal = self._out.isatty()
        self._quiet = quiet
        self._every = every or (1.0 if self._terminal else 15.0)
        self._ended = threading.Event()
        self._thread = threading.Thread(target=self._report, name="progress", daemon=True)

    def __enter__(self) -> Progress:
        self._start = time.monotonic()
        self._thread.start()
        return self

    def now(self, what: str) -> None:
        """The step has come to another part."""
        self._what = what

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._ended.set()
        self._thread.join()
        seconds = time.monotonic() - self._start
        if seconds >= self._quiet:
            self._line(
                f"{self._what}: {'done' if kind is None else 'stopped'} after {seconds:.0f} s", last=True
            )

    def _report(self) -> None:
        wait = self._quiet
        while not self._ended.wait(wait):
            self._line(f"{self._what} ({time.monotonic() - self._start:.0f} s)")
            wait = self._every

    def _line(self, text: str, *, last: bool = False) -> None:
        if self._terminal:
            self._out.write(f"\r\x1b[K{text}" + ("\n" if last else ""))
        else:
            self._out.write(text + "\n")
        self._out.flush()
