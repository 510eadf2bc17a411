"""Row ids, fetched in blocks so that a create does not ask the sequence first."""

from __future__ import annotations

import threading

from runtime.fhir.database import Conn

BLOCK = 100
"""Row ids fetched at a time; the sequence in schema.sql steps by the same."""


class RowIds:
    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._free: list[int] = []

    def take(self, conn: Conn, number: int) -> list[int]:
        with self._lock:
            missing = number - len(self._free)
            if missing > 0:
                blocks = conn.execute(
                    "SELECT nextval('resource_rid') FROM generate_series(1, %s)", (-(-missing // BLOCK),)
                )
                self._free += [first + step for (first,) in blocks for step in range(BLOCK)]
            taken, self._free = self._free[:number], self._free[number:]
            return taken
