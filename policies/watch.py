"""Judges live stacks again and again, and tells what got worse since the last look."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime

from policies.live import Drift
from policies.result import Report, Verdict

Look = Callable[[Sequence[str]], tuple[Report, tuple[Drift, ...]]]
"""From the names of stacks to their report and what has drifted."""


@dataclass(frozen=True)
class Alert:
    """One thing that somebody has to look at, as Cloud Logging's structured log entries have it.

    https://cloud.google.com/logging/docs/structured-logging
    """

    severity: str
    message: str
    kind: str
    urn: str
    check: str = ""

    def entry(self) -> dict[str, str]:
        return {
            "severity": self.severity,
            "message": self.message,
            "time": datetime.now(UTC).isoformat(timespec="seconds"),
            "kind": self.kind,
            "urn": self.urn,
            "check": self.check,
        }


class Watch:
    """Remembers what was told: an alert is raised once, and again after the thing was well in between."""

    def __init__(self, stacks: Sequence[str], look: Look) -> None:
        self._stacks = stacks
        self._look = look
        self._told: set[tuple[str, str]] = set()

    def round(self) -> tuple[Report, list[Alert]]:
        """One look at all the stacks."""
        report, drifted = self._look(self._stacks)
        found = {
            (each.kind, f"{each.urn} {each.check} {each.message}"): each for each in _alerts(report, drifted)
        }
        new = [alert for key, alert in found.items() if key not in self._told]
        self._told = set(found)
        return report, new


def _alerts(report: Report, drifted: Sequence[Drift]) -> Iterator[Alert]:
    for drift in drifted:
        yield Alert("ERROR", f"drift: {drift}", "drift", drift.urn)
    for finding in report.findings:
        if finding.verdict is Verdict.FAILED:
            text = f"{finding.rule} failed on {finding.resource}: {finding.message}"
            yield Alert("CRITICAL", text, "failed", finding.urn, finding.rule)
