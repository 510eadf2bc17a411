"""Every rule fails on its smallest failing input and passes on its smallest passing one."""

from __future__ import annotations

import pytest

import policies.rules  # noqa: F401
from policies.case import Case, one
from policies.context import Context, locations
from policies.result import Verdict
from policies.rule import RULES, Rule
from policies.stack import Stack

EU = Context(locations=locations("eu"))
ALL = sorted(RULES.values(), key=lambda rule: rule.number)


def verdict(rule: Rule | str, given: object, context: Context | None = EU) -> Verdict:
    """Of the first resource of a case, or of a resource of the rule's first type with these properties."""
    judged = RULES[rule] if isinstance(rule, str) else rule
    case = given if isinstance(given, Case) else one(judged.types[0], given)  # type: ignore[arg-type]
    built = case.build()
    stack = Stack(built.resources, context, built.name) if context else built
    return judged.finding(stack.of(*judged.types)[0], stack).verdict


@pytest.mark.parametrize("rule", ALL, ids=lambda rule: rule.id)
def test_rule_fails_on_its_failing_input(rule: Rule) -> None:
    assert verdict(rule, rule.fails, None) is Verdict.FAILED


@pytest.mark.parametrize("rule", ALL, ids=lambda rule: rule.id)
def test_rule_passes_on_its_passing_input(rule: Rule) -> None:
    assert verdict(rule, rule.passes, None) is Verdict.PASSED


@pytest.mark.parametrize("rule", ALL, ids=lambda rule: rule.id)
def test_rule_says_what_an_auditor_needs(rule: Rule) -> None:
    assert rule.remedy.endswith(".")
    assert rule.controls["hipaa"]
    assert all(number.startswith("164.") for number in rule.controls["hipaa"])


def test_numbers_are_those_of_the_ninety_one_checks() -> None:
    assert {rule.number for rule in ALL} <= set(range(1, 92))


def test_unknown_jurisdiction_is_unproven() -> None:
    assert verdict("location-in-jurisdiction", {"location": "europe-west3"}, Context()) is Verdict.UNPROVEN


def test_decommission_lifts_deletion_protection_openly() -> None:
    context = Context(decommission=True)
    assert verdict("deletion-protection", {}, context) is Verdict.NOT_APPLICABLE


@pytest.mark.parametrize(
    ("properties", "expected"),
    [
        ({"region": "https://compute/v1/projects/p/regions/europe-west3"}, Verdict.PASSED),
        ({"location": "US"}, Verdict.FAILED),
        ({"location": "global"}, Verdict.NOT_APPLICABLE),
        ({"settings": {"backupConfiguration": {"location": "us-east1"}}}, Verdict.FAILED),
        ({"replication": {"userManaged": {"replicas": [{"location": "us-east1"}]}}}, Verdict.FAILED),
    ],
)
def test_locations_are_judged_wherever_they_stand(properties: dict[str, object], expected: Verdict) -> None:
    assert verdict("location-in-jurisdiction", properties) is expected
