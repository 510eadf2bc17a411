"""Alerts: a metric, a policy on it that is switched on, and somebody who hears it."""

from __future__ import annotations

from typing import Any

import pytest

from policies.case import Case, Given
from policies.result import Finding, Verdict
from policies.rule import RULES
from policies.rules.audit_alerts import ALERT, CHANGES, METRIC
from tests.policies.judged import findings, stack, verdict

RULE = "change-alerts"
PASSING = RULES[RULE].passes


def altered(kind: str, **change: Any) -> Finding:
    """With the first metric or alert changed."""
    index = next(i for i, given in enumerate(PASSING.resources) if given.type == kind)
    given = PASSING.resources[index]
    changed = Given(kind, {**given.properties, **change}, given.name)
    resources = (*PASSING.resources[:index], changed, *PASSING.resources[index + 1 :])
    return findings(RULE, Case(resources, PASSING.settings))[0]


@pytest.mark.parametrize("change", CHANGES, ids=lambda change: change.cis)
def test_each_of_the_eight_is_missed(change: Any) -> None:
    kept = tuple(given for given in PASSING.resources if given.name != f"change-{change.cis}")
    (found,) = findings(RULE, Case(kept, PASSING.settings))
    assert found.verdict is Verdict.FAILED
    assert f"CIS {change.cis}: " in found.message
    assert sum(f"CIS {each.cis}: " in found.message for each in CHANGES) == 1


@pytest.mark.parametrize(
    ("kind", "change", "what"),
    [
        (METRIC, {"disabled": True}, "a metric"),
        (METRIC, {"filter": "ProjectOwnership"}, "a metric"),
        (METRIC, {"name": "change"}, "an alert"),
        (ALERT, {"enabled": False}, "an alert"),
        (ALERT, {"conditions": []}, "an alert"),
        (ALERT, {"notificationChannels": []}, "notificationChannels"),
        (ALERT, {"notificationChannels": None}, "notificationChannels"),
    ],
)
def test_a_broken_chain_is_named_where_it_breaks(kind: str, change: Any, what: str) -> None:
    found = altered(kind, **change)
    assert found.verdict is Verdict.FAILED
    assert found.message.startswith(f"CIS 2.4: {what}")


def test_a_condition_on_log_entries_or_a_query_does_as_well() -> None:
    matched = {"conditionMatchedLog": {"filter": " ".join(CHANGES[0].words)}}
    assert altered(ALERT, conditions=[matched]).verdict is Verdict.PASSED
    query = "fetch global | metric 'logging.googleapis.com/user/change-2.4' | condition val() > 0"
    asked = {"conditionMonitoringQueryLanguage": {"query": query}}
    assert altered(ALERT, conditions=[asked]).verdict is Verdict.PASSED


def test_stacks_that_watch_nothing() -> None:
    assert verdict(RULE, stack(kind="organization")) is Verdict.FAILED
    assert verdict(RULE, stack()) is Verdict.UNPROVEN
    assert verdict(RULE, stack(kind="tenant")) is Verdict.NOT_APPLICABLE
    assert verdict(RULE, stack(kind="foundation")) is Verdict.NOT_APPLICABLE
    assert verdict(RULE, stack(kind="cell", pairedCell="eu-cell")) is Verdict.NOT_APPLICABLE


def test_approval_is_asked_of_somebody_for_everything() -> None:
    rule = "access-approval"
    everything = [{"cloudProduct": "all"}]
    assert verdict(rule, {"enrolledServices": everything}) is Verdict.FAILED
    assert verdict(rule, {"enrolledServices": [], "notificationEmails": ["a@example.org"]}) is Verdict.FAILED
    for token in RULES[rule].types[:3]:
        given = {"enrolledServices": everything, "notificationEmails": ["a@example.org"]}
        assert verdict(rule, given, token) is Verdict.PASSED


def test_approval_is_settled_for_the_organisation() -> None:
    rule = "access-approval"
    assert verdict(rule, stack(kind="organization")) is Verdict.FAILED
    assert verdict(rule, stack()) is Verdict.UNPROVEN
    assert verdict(rule, stack(kind="cell")) is Verdict.NOT_APPLICABLE
    settled = stack((RULES[rule].types[1], {}), kind="organization")
    assert [found.verdict for found in findings(rule, settled)] == [Verdict.FAILED, Verdict.NOT_APPLICABLE]
