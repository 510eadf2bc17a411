"""Revoked clients lose their live tokens too, within fifteen seconds."""

from __future__ import annotations

import threading
import time
from collections.abc import Callable

_FRESH_SECONDS = 15.0
_STALE_SECONDS = 60.0


class Revocations:
    """`load` reads the revoked clients. While it fails, what is known holds for a minute at most."""

    def __init__(
        self, load: Callable[[], frozenset[str]], clock: Callable[[], float] = time.monotonic
    ) -> None:
        self._load, self._clock = load, clock
        self._lock = threading.Lock()
        self._known: frozenset[str] = frozenset()
        self._at = float("-inf")

    def fresh(self) -> bool:
        return self._clock() - self._at < _FRESH_SECONDS

    def includes(self, client_id: str) -> bool:
        """Memory only, when `fresh`."""
        return client_id in self._known

    def refresh(self) -> None:
        with self._lock:
            if self.fresh():
                return
            try:
                self._known, self._at = self._load(), self._clock()
            except Exception:
                if self._clock() - self._at > _STALE_SECONDS:
                    raise
