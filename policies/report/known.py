"""What every format asks about a finding's rule."""

from __future__ import annotations

from collections.abc import Iterable

import policies.rules  # noqa: F401  (registers the rules)
from policies.report.text import absent
from policies.result import Finding, Verdict
from policies.rule import EstateRule, Rule, catalogue

AnyRule = Rule | EstateRule

ORDER = (Verdict.FAILED, Verdict.UNPROVEN, Verdict.WAIVED, Verdict.PASSED, Verdict.NOT_APPLICABLE)
"""What needs somebody first."""

TOGETHER = "stacks together"
"""Where a finding is of no single stack: what tenants may not share."""

SEVERITIES = ("critical", "high", "medium", "low")
_VERDICT_RANK = {verdict: rank for rank, verdict in enumerate(ORDER)}
_SEVERITY_RANK = {severity: rank for rank, severity in enumerate(SEVERITIES)}
_WITH_REMEDY = (Verdict.FAILED, Verdict.WAIVED)


def rules() -> dict[str, AnyRule]:
    """Every rule by id, in the order of their numbers."""
    return {rule.id: rule for rule in catalogue()}


def words(verdict: str) -> str:
    return verdict.replace("_", " ")


def trouble(finding: Finding, rule: AnyRule) -> str:
    """What is wrong, without the remedy that a failed finding's message ends with."""
    if finding.verdict in _WITH_REMEDY:
        return finding.message.removesuffix(f" {rule.remedy}")
    return finding.message


def remark(finding: Finding, rule: AnyRule) -> str:
    """What a finding's message adds to its check, property and value seen; "" where it adds nothing."""
    if finding.verdict is Verdict.PASSED:
        return "" if finding.message == rule.title else finding.message
    told = trouble(finding, rule)
    return "" if told == f"{finding.path} is {absent(finding.seen)}." else told


def tag(framework: str, control: str) -> str:
    """One control of a framework: `hipaa/164.312(b)`."""
    return f"{framework}/{control}"


def tags(rule: AnyRule) -> list[str]:
    return [tag(name, each) for name, ids in rule.controls.items() for each in dict.fromkeys(ids)]


def in_order(findings: Iterable[Finding]) -> list[Finding]:
    """By verdict, severity, check number, stack and resource: what needs somebody first."""
    ranks = {rule.id: (_SEVERITY_RANK[rule.severity], rule.number) for rule in rules().values()}
    return sorted(findings, key=lambda f: (_VERDICT_RANK[f.verdict], ranks[f.rule], f.stack, f.urn))
