"""Lines on standard error about what takes longer than a moment."""

from __future__ import annotations

import sys
import time
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import TextIO

QUIET = 2.0
"""Seconds that a stack may take without a word."""

PAUSE = 5.0
"""Seconds between two lines about the same thing."""


@dataclass
class Progress:
    """One line when a step begins to take long, one every few seconds, one at its end."""

    out: TextIO = field(default_factory=lambda: sys.stderr)
    started: float = field(default_factory=time.monotonic)
    last: float = 0.0
    stopped: Callable[[], bool] = lambda: False
    """Whether nobody waits for the end any more."""

    def __post_init__(self) -> None:
        self.last = self.started

    def step(self, stack: str, what: str, touched: int) -> None:
        now = time.monotonic()
        if now - self.last >= (PAUSE if self.last > self.started else QUIET):
            self.last = now
            self.say(f"{stack}: {what}, {touched} resources, {now - self.started:.0f} s")

    def say(self, line: str) -> None:
        print(line, file=self.out, flush=True)

    def elapsed(self) -> float:
        return time.monotonic() - self.started
