"""Failures per client: after ten in a minute it waits. Memory of this process only, and bounded."""

from __future__ import annotations

import time
from collections import OrderedDict
from collections.abc import Callable

LIMIT = 10
WINDOW_SECONDS = 60
_REMEMBERED = 10_000


class Throttle:
    def __init__(self, clock: Callable[[], float] = time.monotonic) -> None:
        self._clock = clock
        self._failures: OrderedDict[str, list[float]] = OrderedDict()

    def wait(self, who: str) -> int:
        """Seconds until the next try is looked at; 0 when it may go on."""
        recent = self._recent(who)
        return 0 if len(recent) < LIMIT else max(1, int(recent[0] + WINDOW_SECONDS - self._clock()) + 1)

    def failed(self, who: str) -> None:
        self._failures[who] = [*self._recent(who), self._clock()][-LIMIT:]
        self._failures.move_to_end(who)
        while len(self._failures) > _REMEMBERED:
            self._failures.popitem(last=False)

    def _recent(self, who: str) -> list[float]:
        since = self._clock() - WINDOW_SECONDS
        return [moment for moment in self._failures.get(who, []) if moment > since]
