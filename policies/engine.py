"""The rules as Pulumi policies: failures are mandatory, unproven values are said, never passed silently."""

from __future__ import annotations

import json
import os
from collections.abc import Callable, Mapping
from functools import cache
from pathlib import Path
from typing import Any

import yaml
from pulumi_policy import (
    EnforcementLevel,
    ReportViolation,
    ResourceValidationArgs,
    ResourceValidationPolicy,
    proxy,
)

import policies.rules  # noqa: F401  (registers the rules)
from policies.context import Context, context
from policies.resource import SECRET, UNKNOWN, Properties, Resource
from policies.result import Finding, Verdict
from policies.rule import RULES, Rule
from policies.stack import Stack
from policies.waivers import Waivers

STACKS = Path(__file__).resolve().parent.parent / "stacks"
_SIGNATURE = "4dabf18193072939515e22adb298388d"
_SECRET_SIGNATURE = "1b47061264138c4ac30d75fd1eb44270"


def settings(stack: str, environ: Mapping[str, str] = os.environ, stacks: Path = STACKS) -> dict[str, Any]:
    """`careplane:*` of a stack's configuration, by name.

    The engine hands it to a pack by `ConfigureStack`, which pulumi-policy 1.21 drops; so it comes from
    `PULUMI_CONFIG` where somebody set it (`python -m infra` does), else from the stack's file.
    """
    file = stacks / f"Pulumi.{stack}.yaml"
    if raw := environ.get("PULUMI_CONFIG"):
        given: dict[str, Any] = json.loads(raw)
    elif file.exists():
        given = (yaml.safe_load(file.read_text()) or {}).get("config") or {}
    else:
        given = {}
    return {
        key.removeprefix("careplane:"): value for key, value in given.items() if key.startswith("careplane:")
    }


@cache
def stack_context(stack: str) -> Context:
    return context(settings(stack), stack=stack)


def stack_of(urn: str) -> str:
    """The stack in `urn:pulumi:STACK::project::type::name`."""
    return urn.split("::")[0].removeprefix("urn:pulumi:")


def plain(value: Any) -> Any:
    """Properties as rules read them: pulumi-policy's unknown sentinels and secrets become our markers."""
    target = getattr(value, "_DictProxy__target", None) or getattr(value, "_ListProxy__target", None)
    value = target if target is not None else value
    if isinstance(value, Mapping):
        if value.get(_SIGNATURE) == _SECRET_SIGNATURE:
            return SECRET
        return {key: plain(item) for key, item in value.items()}
    if isinstance(value, (list, tuple)):
        return [plain(item) for item in value]
    if type(value).__name__ == "Secret":
        return SECRET
    return UNKNOWN if proxy._is_unknown(value) else value


Contexts = Callable[[str], Context]


def _finding(
    rule: Rule, args: ResourceValidationArgs, contexts: Contexts, waivers: Waivers
) -> Finding | None:
    if rule.whole or not rule.applies_to(args.resource_type):
        return None
    protect = args.opts.protect if args.opts else None
    resource = Resource(args.resource_type, args.urn, args.name, Properties(plain(args.props)), protect)
    stack = stack_of(args.urn)
    return waivers.apply(rule.finding(resource, Stack([resource], contexts(stack), stack)))


def _mandatory(rule: Rule, contexts: Contexts, waivers: Waivers) -> ResourceValidationPolicy:
    def validate(args: ResourceValidationArgs, report: ReportViolation) -> None:
        finding = _finding(rule, args, contexts, waivers)
        if finding and finding.verdict is Verdict.FAILED:
            report(f"{finding.message} [{', '.join(rule.controls['hipaa'])}]", None)

    return ResourceValidationPolicy(rule.id, rule.title, validate, EnforcementLevel.MANDATORY)


def _advisory(contexts: Contexts, waivers: Waivers) -> ResourceValidationPolicy:
    def validate(args: ResourceValidationArgs, report: ReportViolation) -> None:
        for rule in RULES.values():
            finding = _finding(rule, args, contexts, waivers)
            if finding and finding.verdict in (Verdict.UNPROVEN, Verdict.WAIVED):
                report(f"{rule.id}: {finding.verdict}: {finding.waiver or finding.message}", None)

    title = "Verdicts that are neither passed nor failed: unproven until the value is known, or waived"
    return ResourceValidationPolicy("not-passed", title, validate, EnforcementLevel.ADVISORY)


def engine_policies(waivers: Waivers, contexts: Contexts = stack_context) -> list[ResourceValidationPolicy]:
    """One mandatory policy a rule, and one advisory policy for what is unproven or waived."""
    mandatory = [_mandatory(rule, contexts, waivers) for rule in RULES.values() if not rule.whole]
    return [*mandatory, _advisory(contexts, waivers)]
