"""One result type for every place where rules run and every format that reports them."""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass, field
from enum import StrEnum


class Verdict(StrEnum):
    """What a rule says of one resource. Nothing passes by default."""

    PASSED = "passed"
    FAILED = "failed"
    UNPROVEN = "unproven"
    WAIVED = "waived"
    NOT_APPLICABLE = "not_applicable"


@dataclass(frozen=True)
class Finding:
    """One rule's verdict on one resource (`urn` is empty where a rule found nothing to judge)."""

    rule: str
    urn: str
    resource: str
    verdict: Verdict
    message: str
    path: str = ""
    seen: str = ""
    waiver: str = ""


@dataclass(frozen=True)
class Report:
    """Every finding about one stack, with what was judged and when."""

    stack: str
    profile: str
    judged_at: str
    state_sha256: str
    commit: str
    findings: tuple[Finding, ...] = field(default=())

    def counts(self) -> dict[str, int]:
        seen = Counter(finding.verdict for finding in self.findings)
        return {verdict.value: seen.get(verdict, 0) for verdict in Verdict}

    def exit_code(self) -> int:
        """1 where anything failed; an unproven value is reported, not failed."""
        return 1 if any(f.verdict is Verdict.FAILED for f in self.findings) else 0
