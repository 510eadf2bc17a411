"""`--abort-when METRIC>VALUE`: the method stops as soon as a bound is crossed, and is rolled back."""

from __future__ import annotations

import operator
import re
import threading
import time
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from types import TracebackType

from runbooks.drill.interruption import Interruptions
from runbooks.errors import PreconditionError, nearest

Metrics = Mapping[str, Callable[[], float | None]]
_EVERY = 0.1
_COMPARE = {">=": operator.ge, "<=": operator.le, ">": operator.gt, "<": operator.lt}
_BOUND = re.compile(r"\s*([a-z][a-z0-9_]*)\s*(>=|<=|>|<)\s*(-?[0-9]+(?:\.[0-9]+)?)\s*")


@dataclass(frozen=True)
class Bound:
    """A metric and the value at which the drill stops."""

    metric: str
    compare: str
    value: float

    def crossed(self, metrics: Metrics) -> str | None:
        """What crossed it; a metric that has no value yet crosses nothing."""
        seen = metrics[self.metric]()
        if seen is None or not _COMPARE[self.compare](seen, self.value):
            return None
        return f"{self.metric} is {seen:g}, and the bound is {self.metric}{self.compare}{self.value:g}"


def parse(text: str, known: Mapping[str, object]) -> Bound:
    """A bound as the command line gives it."""
    found = _BOUND.fullmatch(text)
    if not found:
        raise PreconditionError(f"--abort-when: {text!r} is no bound; write METRIC>VALUE, such as errors>5")
    if found[1] not in known:
        raise PreconditionError(f"--abort-when: metric {found[1]!r} is unknown; {nearest(found[1], known)}")
    return Bound(found[1], found[2], float(found[3]))


def clock() -> Callable[[], float]:
    """Seconds since it was made; steps of the system's clock do not matter."""
    begun = time.monotonic()
    return lambda: time.monotonic() - begun


class Watch:
    """Looks at the bounds from a thread of its own while the method runs."""

    def __init__(self, bounds: Sequence[Bound], metrics: Metrics, interruptions: Interruptions) -> None:
        self._bounds, self._metrics, self._interruptions = bounds, metrics, interruptions
        self._done = threading.Event()
        self._thread = threading.Thread(target=self._look, name="bounds", daemon=True)

    def __enter__(self) -> Watch:
        if self._bounds:
            self._thread.start()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._done.set()
        if self._bounds:
            self._thread.join()

    def _look(self) -> None:
        while not self._done.wait(_EVERY):
            for bound in self._bounds:
                if why := bound.crossed(self._metrics):
                    self._interruptions.abort(why)
                    return
