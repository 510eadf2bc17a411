"""Every rule on every resource that it is about; waivers last."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Iterator

import policies.rules  # noqa: F401  (registers the rules)
from policies.errors import StateError
from policies.estate import Estate
from policies.resource import Resource, UnknownValue
from policies.result import Finding, Judged, Verdict
from policies.rule import ESTATE_RULES, RULES, EstateRule, Problem, Rule
from policies.stack import ROOT, Stack
from policies.waivers import Waivers


def judge(stack: Stack, waivers: Waivers, rules: Iterable[Rule] | None = None) -> tuple[Finding, ...]:
    """All findings of these rules, or of all. A rule that finds nothing to judge says so: it never passes."""
    asked = RULES.values() if rules is None else rules
    return tuple(waivers.apply(finding) for rule in asked for finding in _judged(rule, stack))


def _judged(rule: Rule, stack: Stack) -> Iterator[Finding]:
    subjects = stack.of(*rule.types)
    if not subjects:
        message = f"no resource of type {', '.join(rule.types)} in this stack"
        yield Finding(rule.id, "", "", Verdict.NOT_APPLICABLE, message, stack=stack.name)
    for resource in subjects:
        yield rule.finding(resource, stack)


def judge_together(estate: Estate, waivers: Waivers) -> tuple[Finding, ...]:
    """Each stack by itself, then what only several stacks together show."""
    try:
        alone = [finding for stack in estate.stacks for finding in judge(stack, waivers)]
        together = [finding for rule in ESTATE_RULES.values() for finding in _across(rule, estate)]
    except RecursionError as error:
        names = ", ".join(stack.name for stack in estate.stacks)
        raise StateError(names, "is nested too deeply to be judged") from error
    return tuple(alone + [waivers.apply(finding) for finding in together])


def _across(rule: EstateRule, estate: Estate) -> Iterator[Finding]:
    if len(dict(estate.tenants())) < 2:
        message = "fewer than two tenants were judged together"
        yield Finding(rule.id, "", "", Verdict.NOT_APPLICABLE, message)
        return
    looked = False
    for resource, problem in rule.judge(estate):
        looked = True
        yield _shared(rule, resource, problem)
    if not looked:
        yield Finding(rule.id, "", "", Verdict.NOT_APPLICABLE, "no resource that tenants could share")


def _shared(rule: EstateRule, resource: Resource, problem: Problem | UnknownValue | None) -> Finding:
    verdict, message, path, seen = Verdict.PASSED, rule.title, "", ""
    if isinstance(problem, UnknownValue):
        verdict, message, path = Verdict.UNPROVEN, str(problem), problem.path
    elif problem is not None:
        verdict, message = Verdict.FAILED, f"{problem}. {rule.remedy}"
        path, seen = problem.path, repr(problem.seen)
    name, stack, token = resource.name, resource.stack, resource.type
    return Finding(rule.id, resource.urn, name, verdict, message, path, seen, "", stack, token)


_SAID = frozenset({Verdict.PASSED, Verdict.FAILED, Verdict.UNPROVEN, Verdict.WAIVED})


def describe(stack: Stack, sha256: str, findings: Iterable[Finding] | None = None) -> Judged:
    """What a report says of a stack beside its findings: above all the types that no rule said anything of.

    `findings` may be those of several stacks; without any, the stack is judged for this.
    """
    types = Counter(resource.type for resource in stack.resources if resource.type != ROOT)
    found = judge(stack, Waivers()) if findings is None else findings
    judged = {each.type for each in found if each.stack == stack.name and each.verdict in _SAID}
    unjudged = tuple(sorted((t, n) for t, n in types.items() if t not in judged))
    about = stack.context
    known = (about.profile, about.jurisdiction, about.kind)
    return Judged(stack.name, *known, sha256, sum(types.values()), unjudged)
