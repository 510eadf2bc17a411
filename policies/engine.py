"""The rules as Pulumi policies: failures stop the update, what is unproven or waived is said.

A rule on one resource is a resource policy of its own name. The rules that read a whole stack share one stack
policy, because pulumi-policy decodes every resource of the stack once for each stack policy: at a preview it
judges what is known, during an update it tells what has been made.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from pulumi_policy import (
    EnforcementLevel,
    Policy,
    ReportViolation,
    ResourceValidationArgs,
    ResourceValidationPolicy,
    StackValidationArgs,
    StackValidationPolicy,
)

import policies.rules  # noqa: F401  (registers the rules)
from policies.context import Context
from policies.engine_values import bare, plain, stack_context, stack_of
from policies.judge import judge
from policies.levels import Level, Levels, level
from policies.resource import Properties, Resource
from policies.result import Finding, Verdict
from policies.rule import RULES, Rule
from policies.stack import ROOT, Stack
from policies.waivers import Waivers

Contexts = Callable[[str], Context]


def engine_policies(
    waivers: Waivers, levels: Levels | None = None, contexts: Contexts = stack_context
) -> list[Policy]:
    """A mandatory policy a rule, remedies where a rule offers one, and two policies over the stack."""
    judging = _Engine(waivers, levels or {}, contexts)
    alone = [rule for rule in RULES.values() if not rule.whole]
    mends = [judging.remediation(rule) for rule in alone if rule.mend]
    return [*map(judging.mandatory, alone), *mends, judging.whole(), judging.advisory()]


def _text(rule: Rule, finding: Finding) -> str:
    return f"{finding.message} [{', '.join(rule.controls['hipaa'])}]"


class _Engine:
    """What every policy needs: the waivers, the levels, and each stack's configuration."""

    def __init__(self, waivers: Waivers, levels: Levels, contexts: Contexts) -> None:
        self._waivers = waivers
        self._levels = levels
        self._contexts = contexts

    def _level(self, rule: str, stack: str) -> Level:
        return level(self._levels, self._contexts(stack).profile, rule)

    def _advises(self, finding: Finding) -> bool:
        return self._level(finding.rule, finding.stack) is Level.ADVISORY

    def _finding(self, rule: Rule, args: ResourceValidationArgs) -> Finding:
        protect = args.opts.protect if args.opts else None
        resource = Resource(args.resource_type, args.urn, args.name, Properties(plain(args.props)), protect)
        name = stack_of(args.urn)
        return self._waivers.apply(rule.finding(resource, Stack([resource], self._contexts(name), name)))

    def mandatory(self, rule: Rule) -> ResourceValidationPolicy:
        def validate(args: ResourceValidationArgs, report: ReportViolation) -> None:
            if not rule.applies_to(args.resource_type):
                return
            finding = self._finding(rule, args)
            if finding.verdict is Verdict.FAILED and not self._advises(finding):
                report(_text(rule, finding), None)

        return ResourceValidationPolicy(rule.id, rule.title, validate, EnforcementLevel.MANDATORY)

    def remediation(self, rule: Rule) -> ResourceValidationPolicy:
        def remediate(args: ResourceValidationArgs) -> Any:  # the library's own type leaves plain values out
            if not rule.mend or not rule.applies_to(args.resource_type):
                return None
            if self._level(rule.id, stack_of(args.urn)) is not Level.REMEDIATE:
                return None
            return (
                rule.mend(bare(args.props)) if self._finding(rule, args).verdict is Verdict.FAILED else None
            )

        return ResourceValidationPolicy(
            f"{rule.id}-remedy", rule.remedy, None, EnforcementLevel.REMEDIATE, None, remediate
        )

    def whole(self) -> StackValidationPolicy:
        rules = [rule for rule in RULES.values() if rule.whole]

        def validate(args: StackValidationArgs, report: ReportViolation) -> None:
            stack = self._stack(args)
            for finding in judge(stack, self._waivers, rules):
                if finding.verdict is Verdict.FAILED and not self._advises(finding):
                    report(f"{finding.rule}: {_text(RULES[finding.rule], finding)}", finding.urn)

        title = "What only the whole stack shows"
        return StackValidationPolicy("stack", title, validate, EnforcementLevel.MANDATORY)

    def advisory(self) -> StackValidationPolicy:
        def validate(args: StackValidationArgs, report: ReportViolation) -> None:
            stack = self._stack(args)
            unproven: dict[str, list[Finding]] = {}
            for finding in judge(stack, self._waivers):
                if finding.verdict is Verdict.UNPROVEN:
                    unproven.setdefault(finding.rule, []).append(finding)
                elif finding.verdict is Verdict.WAIVED:
                    report(f"{finding.rule}: waived: {finding.waiver}", finding.urn)
                elif finding.verdict is Verdict.FAILED and self._advises(finding):
                    report(f"{finding.rule}: failed, advisory here: {finding.message}", finding.urn)
            for rule, findings in unproven.items():
                report(_unproven(rule, findings), findings[0].urn)

        title = "Verdicts that are neither passed nor failed: unproven until the value is known, or waived"
        return StackValidationPolicy("not-passed", title, validate, EnforcementLevel.ADVISORY)

    def _stack(self, args: StackValidationArgs) -> Stack:
        given = [each for each in args.resources if _counts(each.resource_type)]
        name = stack_of(args.resources[0].urn) if args.resources else ""
        resources = [
            Resource(
                each.resource_type,
                each.urn,
                each.name,
                Properties(plain(each.props)),
                each.opts.protect if each.opts else None,
                {key: tuple(d.urn for d in made_of) for key, made_of in each.property_dependencies.items()},
            )
            for each in given
        ]
        if not any(resource.type == ROOT for resource in resources):
            resources.append(
                Resource(ROOT, f"urn:pulumi:{name}::careplane::{ROOT}::{name}", name, Properties({}))
            )
        return Stack(resources, self._contexts(name), name)


def _counts(token: str) -> bool:
    return token == ROOT or not token.startswith(("pulumi:", "careplane:"))


def _unproven(rule: str, findings: list[Finding]) -> str:
    """One line a rule: at a first preview most values are unknown, and a line each would hide the rest."""
    names = ", ".join(finding.resource for finding in findings[:3])
    more = f" and {len(findings) - 3} more" if len(findings) > 3 else ""
    return f"{rule}: unproven: {findings[0].message} ({names}{more})"
