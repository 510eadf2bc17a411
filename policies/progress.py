"""Says what goes on, on standard error, once it has lasted: a quick run stays quiet."""

from __future__ import annotations

import sys
import time
from collections.abc import Callable

QUIET_SECONDS = 2.0


class Progress:
    """Called with what begins now."""

    def __init__(self, clock: Callable[[], float] = time.monotonic) -> None:
        self._clock = clock
        self._began = clock()

    def __call__(self, doing: str) -> None:
        if (lasted := self._clock() - self._began) > QUIET_SECONDS:
            print(f"{doing} ({lasted:.0f} s so far)", file=sys.stderr, flush=True)
