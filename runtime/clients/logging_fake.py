"""Cloud Logging in memory."""

from __future__ import annotations

from collections.abc import Sequence

from runtime.clients.logging import Line
from runtime.errors import Unavailable


class FakeLogging:
    def __init__(self) -> None:
        self.lines: dict[str, Line] = {}
        self.down = False

    def write(self, lines: Sequence[Line]) -> None:
        if self.down:
            raise Unavailable("Cloud Logging does not take the entries.")
        self.lines.update({line.insert_id: line for line in lines})
