"""Every rule on every resource that it is about; waivers last."""

from __future__ import annotations

from collections.abc import Iterable

import policies.rules  # noqa: F401  (registers the rules)
from policies.resource import Context, Resource
from policies.result import Finding, Verdict
from policies.rule import RULES
from policies.waivers import Waivers


def judge(resources: Iterable[Resource], context: Context, waivers: Waivers) -> tuple[Finding, ...]:
    """All findings. A rule that finds nothing to judge says so: it never passes by default."""
    stack = list(resources)
    findings: list[Finding] = []
    for rule in RULES.values():
        judged = [rule.finding(r, context) for r in stack if rule.applies_to(r.type)]
        if not judged:
            message = f"no resource of type {', '.join(rule.types)} in this stack"
            judged = [Finding(rule.id, "", "", Verdict.NOT_APPLICABLE, message)]
        findings += [waivers.apply(finding) for finding in judged]
    return tuple(findings)
