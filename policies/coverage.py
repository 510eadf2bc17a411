"""What a report says of each control of each framework, and the numbers."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from enum import StrEnum

from policies.framework import Control, Framework, Responsibility
from policies.result import Finding, Report, Verdict


class Status(StrEnum):
    """Of one control in one report. Only findings make it `satisfied`; who answers for it is no verdict."""

    SATISFIED = "satisfied"
    NOT_SATISFIED = "not_satisfied"
    NOT_JUDGED = "not_judged"
    INHERITED = "inherited"
    PROCESS = "process"
    NOT_COVERED = "not_covered"


_AGAINST = (Verdict.FAILED, Verdict.UNPROVEN, Verdict.WAIVED)
_JUDGED = (*_AGAINST, Verdict.PASSED)
_WITHOUT_CHECKS = {
    Responsibility.INHERITED: Status.INHERITED,
    Responsibility.PROCESS: Status.PROCESS,
    Responsibility.NOT_COVERED: Status.NOT_COVERED,
}


@dataclass(frozen=True)
class ControlCoverage:
    """One control: its status, its findings counted by verdict, and the checks that stand against it.

    `silent` are the checks that judged nothing in this report: what is satisfied is so without them.
    """

    control: Control
    status: Status
    verdicts: Mapping[Verdict, int]
    against: tuple[str, ...] = ()
    silent: tuple[str, ...] = ()

    @property
    def in_part(self) -> bool:
        """Satisfied by those of its checks that found something to judge."""
        return self.status is Status.SATISFIED and bool(self.silent)


@dataclass(frozen=True)
class FrameworkCoverage:
    """One framework: `covered` is the share of its controls, in percent, that at least one check judges."""

    framework: Framework
    controls: tuple[ControlCoverage, ...]

    @property
    def total(self) -> int:
        return len(self.controls)

    @property
    def technical(self) -> int:
        return self.answered(Responsibility.TECHNICAL)

    @property
    def covered(self) -> float:
        return round(100 * self.technical / self.total, 1) if self.total else 0.0

    @property
    def satisfied(self) -> int:
        return self.count(Status.SATISFIED)

    @property
    def not_satisfied(self) -> int:
        return self.count(Status.NOT_SATISFIED)

    @property
    def not_judged(self) -> int:
        return self.count(Status.NOT_JUDGED)

    def answered(self, by: Responsibility) -> int:
        return sum(each.control.responsibility is by for each in self.controls)

    def count(self, status: Status) -> int:
        return sum(each.status is status for each in self.controls)

    def numbers(self) -> dict[str, int | float]:
        """For every format: controls by responsibility, technical ones by status, and the percentage."""
        by_responsibility = {each.value: self.answered(each) for each in Responsibility}
        judged = {each.value: self.count(each) for each in list(Status)[:3]}
        judged["satisfied_in_part"] = sum(each.in_part for each in self.controls)
        return {"controls": self.total, **by_responsibility, "covered_percent": self.covered, **judged}

    def told(self) -> str:
        """The numbers in words: how many controls have checks at all, and what those said here."""
        part = sum(each.in_part for each in self.controls)
        of_them = f" ({part} of them in part)" if part else ""
        return (
            f"checks exist for {self.technical} of {self.total} controls ({self.covered:g} %); "
            f"here: {self.satisfied} satisfied{of_them}, {self.not_satisfied} not satisfied, "
            f"{self.not_judged} not judged"
        )


def coverage(report: Report, frameworks: Sequence[Framework]) -> tuple[FrameworkCoverage, ...]:
    """Every control of every framework, in their order.

    A technical control is satisfied where every finding that applies has passed, not satisfied where one
    has failed, is unproven or is waived, and not judged where no check applied. Checks of it that judged
    nothing here are listed beside it.
    """
    by_rule = _verdicts(report.findings)
    return tuple(
        FrameworkCoverage(each, tuple(_covered(control, by_rule) for control in each.controls))
        for each in frameworks
    )


def _verdicts(findings: Iterable[Finding]) -> Mapping[str, Counter[Verdict]]:
    found: dict[str, Counter[Verdict]] = {}
    for finding in findings:
        found.setdefault(finding.rule, Counter())[finding.verdict] += 1
    return found


def _covered(control: Control, by_rule: Mapping[str, Counter[Verdict]]) -> ControlCoverage:
    total: Counter[Verdict] = Counter()
    for check in control.checks:
        total.update(by_rule.get(check, {}))
    against = tuple(c for c in control.checks if any(by_rule[c][v] for v in _AGAINST if c in by_rule))
    silent = tuple(c for c in control.checks if not _judged(by_rule.get(c)))
    return ControlCoverage(control, _status(control, total, against), total, against, silent)


def _judged(verdicts: Mapping[Verdict, int] | None) -> bool:
    return any(verdicts.get(verdict) for verdict in _JUDGED) if verdicts else False


def _status(control: Control, verdicts: Mapping[Verdict, int], against: Sequence[str]) -> Status:
    if control.responsibility is not Responsibility.TECHNICAL:
        return _WITHOUT_CHECKS[control.responsibility]
    if against:
        return Status.NOT_SATISFIED
    return Status.SATISFIED if verdicts.get(Verdict.PASSED) else Status.NOT_JUDGED
