"""Verdicts of a rule on small inputs, for the tests of the rules."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import policies.rules  # noqa: F401  (registers the rules)
from policies.case import Case, Given
from policies.result import Finding, Verdict
from policies.rule import RULES
from policies.stack import ROOT

SETTINGS: Mapping[str, Any] = {"jurisdiction": "eu", "profile": "saas"}


def findings(rule: str, case: Case) -> list[Finding]:
    stack = case.build()
    return [RULES[rule].finding(each, stack) for each in stack.of(*RULES[rule].types)]


def verdict(rule: str, properties: Mapping[str, Any] | Case, type: str = "", **settings: Any) -> Verdict:
    """Of the first resource that the rule is about; properties are those of one resource."""
    if not isinstance(properties, Case):
        given = Given(type or RULES[rule].types[0], properties)
        properties = Case((given,), {**SETTINGS, **settings})
    return findings(rule, properties)[0].verdict


def stack(*given: tuple[str, Mapping[str, Any]], **settings: Any) -> Case:
    """A whole stack, itself first."""
    resources = [Given(type, properties, f"r{index}") for index, (type, properties) in enumerate(given)]
    return Case((Given(ROOT, {}, "stack"), *resources), {**SETTINGS, **settings})
