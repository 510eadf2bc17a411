"""What a person sees of a fleet at work: lines updated in place on a terminal, plain lines in a pipe."""

from __future__ import annotations

import shutil
import sys
import threading
from dataclasses import dataclass, field
from typing import TextIO

from infra.cli.events import described
from infra.cli.fleet_state import DONE, FAILED, TenantResult
from infra.cli.progress import Progress

_BAR = 30


@dataclass
class FleetView:
    """One line a tenant under way and a bar below them; what is finished scrolls away above."""

    total: int
    out: TextIO = field(default_factory=lambda: sys.stderr)
    finished: int = 0
    failed: int = 0
    _live: dict[str, str] = field(default_factory=dict)
    _drawn: int = 0
    _lock: threading.Lock = field(default_factory=threading.Lock)

    def __post_init__(self) -> None:
        self.terminal = self.out.isatty()

    def step(self, tenant: str, line: str) -> None:
        """A tenant under way: in a pipe nothing, since its end is one line already."""
        if self.terminal:
            with self._lock:
                self._live[tenant] = line
                self._draw([])

    def say(self, line: str) -> None:
        with self._lock:
            self._draw([line])

    def end(self, result: TenantResult) -> None:
        with self._lock:
            self._live.pop(result.tenant, None)
            self.finished += 1
            self.failed += result.status == FAILED
            self._draw([f"{self._count()} {sentence(result)}"])

    def close(self) -> None:
        with self._lock:
            self._live.clear()
            self._draw([], bar=False)

    def _count(self) -> str:
        return f"[{self.finished:>{len(str(self.total))}}/{self.total}]"

    def _draw(self, lines: list[str], bar: bool = True) -> None:
        if not self.terminal:
            for line in lines:
                print(line, file=self.out, flush=True)
            return
        width = shutil.get_terminal_size().columns - 1
        live = [*self._live.values(), self._bar()] if bar else []
        erase = f"\x1b[{self._drawn}A\x1b[J" if self._drawn else ""
        self.out.write(erase + "".join(f"{line}\n" for line in [*lines, *(each[:width] for each in live)]))
        self.out.flush()
        self._drawn = len(live)

    def _bar(self) -> str:
        full = _BAR * self.finished // max(self.total, 1)
        return f"[{'#' * full}{'-' * (_BAR - full)}] {self.finished}/{self.total}, {self.failed} failed"


@dataclass
class TenantLine(Progress):
    """The progress of one tenant's engine commands, as a line of the view."""

    view: FleetView = field(default_factory=lambda: FleetView(0))
    tenant: str = ""

    def step(self, stack: str, what: str, touched: int) -> None:
        self.view.step(self.tenant, f"{self.tenant:<20} {what}, {touched} resources, {self.elapsed():.0f} s")

    def say(self, line: str) -> None:
        self.view.say(line)


def sentence(result: TenantResult) -> str:
    """`lakeside: 3 created, 1 updated (4.2 s)`."""
    what = described(result.changes) if result.status == DONE else result.status
    reason = f": {result.reason.strip().splitlines()[0]}" if result.reason.strip() else ""
    return f"{result.tenant}: {what}{reason} ({result.seconds:.1f} s)"
