"""Contingency: what protects from deletion, and services that may sleep."""

from __future__ import annotations

from typing import Any

import pytest

from policies.case import Case, Given
from policies.resource import UNKNOWN
from policies.result import Verdict
from policies.rule import RULES
from policies.rules.contingency import BUCKET
from tests.policies.judged import SETTINGS, findings, verdict

PROTECTED, KEPT, DEAD, WARM = (
    "deletion-protection",
    "bucket-deleted-objects-kept",
    "subscription-dead-letter",
    "run-min-instances",
)


def protection(kind: str, properties: dict[str, Any], protect: bool | None, **settings: Any) -> Verdict:
    case = Case((Given(kind, properties, protect=protect),), {**SETTINGS, **settings})
    return findings(PROTECTED, case)[0].verdict


@pytest.mark.parametrize("kind", RULES[PROTECTED].types[1:])
def test_stores_and_buckets_are_protected_by_pulumi_or_by_the_provider(kind: str) -> None:
    assert protection(kind, {}, True) is Verdict.PASSED
    assert protection(kind, {}, False) is Verdict.FAILED
    assert protection(kind, {"deletionPolicy": "PREVENT"}, False) is Verdict.PASSED
    assert protection(kind, {"deletionPolicy": "DELETE"}, False) is Verdict.FAILED
    assert protection(kind, {}, None) is Verdict.UNPROVEN, "a Terraform plan does not say"
    assert protection(kind, {}, False, decommission="true") is Verdict.NOT_APPLICABLE


def test_a_bucket_that_would_be_emptied_first_is_not_protected() -> None:
    assert protection(BUCKET, {"forceDestroy": True}, True) is Verdict.FAILED


@pytest.mark.parametrize(
    "given",
    [
        {"deletionProtection": False, "settings": {"deletionProtectionEnabled": True}},
        {"deletionProtection": "true", "settings": {"deletionProtectionEnabled": True}},
        {"settings": {"deletionProtectionEnabled": "true"}},
        {"settings": "protected"},
        {},
    ],
)
def test_an_instance_needs_both_protections(given: dict[str, Any]) -> None:
    assert verdict(PROTECTED, given) is Verdict.FAILED


def test_pulumis_own_protection_of_instances_is_on_unless_told_otherwise() -> None:
    assert verdict(PROTECTED, {"settings": {"deletionProtectionEnabled": True}}) is Verdict.PASSED


@pytest.mark.parametrize(
    ("given", "expected"),
    [
        ({"softDeletePolicy": {"retentionDurationSeconds": 604800}}, Verdict.PASSED),
        ({"softDeletePolicy": {"retentionDurationSeconds": 604799}}, Verdict.FAILED),
        ({"softDeletePolicy": {"retentionDurationSeconds": True}}, Verdict.FAILED),
        ({"softDeletePolicy": {}}, Verdict.FAILED),
        ({"softDeletePolicy": "on"}, Verdict.FAILED),
        ({"softDeletePolicy": UNKNOWN}, Verdict.UNPROVEN),
        ({}, Verdict.UNPROVEN),
    ],
)
def test_soft_delete_does_where_there_are_no_versions(given: dict[str, Any], expected: Verdict) -> None:
    assert verdict(KEPT, given) is expected


def test_soft_delete_mends_a_bucket() -> None:
    mend = RULES[KEPT].mend
    assert mend is not None
    assert verdict(KEPT, mend({"versioning": {"enabled": False}})) is Verdict.PASSED


@pytest.mark.parametrize(
    "given",
    [
        {"deadLetterPolicy": None},
        {"deadLetterPolicy": {"maxDeliveryAttempts": 5}},
        {"deadLetterPolicy": {"deadLetterTopic": "_deleted-topic_"}},
        {"deadLetterPolicy": {"deadLetterTopic": "projects/p/topics/t"}, "topic": "projects/p/topics/t"},
        {"labels": "dead-letter"},
        {"labels": ["careplane-purpose"]},
    ],
)
def test_dead_letters_need_a_topic_of_their_own(given: dict[str, Any]) -> None:
    assert verdict(DEAD, given) is Verdict.FAILED


def test_a_subscription_of_dead_letters_has_none_itself() -> None:
    assert verdict(DEAD, {"labels": {"careplane-purpose": "dead-letter"}}) is Verdict.NOT_APPLICABLE


ASLEEP = {"template": {"scaling": {"minInstanceCount": 0}}}


@pytest.mark.parametrize(
    "settings", [{"active": False}, {"active": "false"}, {"minInstances": "0"}, {"minInstances": 0}]
)
def test_scaling_to_zero_is_right_where_it_was_chosen(settings: dict[str, Any]) -> None:
    assert verdict(WARM, ASLEEP, **settings) is Verdict.NOT_APPLICABLE


@pytest.mark.parametrize(
    "given", [ASLEEP, {}, {"template": {"scaling": {"minInstanceCount": "many"}}}, {"scaling": 1}]
)
def test_nobody_waits_by_google_s_default(given: dict[str, Any]) -> None:
    assert verdict(WARM, given) is Verdict.FAILED


def test_a_tenant_gets_what_it_asked_for() -> None:
    one = {"template": {"scaling": {"minInstanceCount": 1}}}
    assert verdict(WARM, one, minInstances="2") is Verdict.FAILED


@pytest.mark.parametrize("key", ["minInstanceCount", "manualInstanceCount"])
def test_instances_of_the_whole_service_count(key: str) -> None:
    assert verdict(WARM, {**ASLEEP, "scaling": {key: 1}}) is Verdict.PASSED
