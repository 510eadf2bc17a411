"""Integrity: what a topic is fed by decides whether a schema is asked for."""

from __future__ import annotations

from typing import Any

import pytest

from policies.resource import UNKNOWN
from policies.result import Verdict
from tests.policies.judged import findings, stack, verdict

TOPIC = "gcp:pubsub/topic:Topic"
NAMED = {"id": "projects/p/topics/events", "name": "events"}


def test_google_validates_unless_told_not_to() -> None:
    assert verdict("fhir-validation", {"validationConfig": None}) is Verdict.PASSED
    assert verdict("fhir-validation", {"validationConfig": UNKNOWN}) is Verdict.UNPROVEN


@pytest.mark.parametrize("odd", ["yes", "false", 1, {}])
def test_an_odd_value_does_not_pass_for_off(odd: Any) -> None:
    assert verdict("fhir-referential-integrity", {"disableReferentialIntegrity": odd}) is Verdict.FAILED


@pytest.mark.parametrize(
    "source",
    [
        ("gcp:pubsub/subscription:Subscription", {"deadLetterPolicy": {"deadLetterTopic": NAMED["id"]}}),
        (
            "gcp:healthcare/fhirStore:FhirStore",
            {"version": "R4", "notificationConfigs": [{"pubsubTopic": NAMED["id"]}]},
        ),
        ("gcp:healthcare/hl7Store:Hl7Store", {"notificationConfig": {"pubsubTopic": NAMED["id"]}}),
        ("gcp:secretmanager/secret:Secret", {"topics": [{"name": NAMED["id"]}]}),
        ("gcp:storage/notification:Notification", {"topic": f"//pubsub.googleapis.com/{NAMED['id']}"}),
    ],
)
def test_topics_that_google_publishes_to_have_no_schema_of_ours(source: tuple[str, dict[str, Any]]) -> None:
    (found,) = findings("topic-schema", stack((TOPIC, NAMED), source))
    assert found.verdict is Verdict.NOT_APPLICABLE
    assert "own form" in found.message or "dead letters" in found.message


def test_another_topics_dead_letters_excuse_nothing() -> None:
    other = {"deadLetterPolicy": {"deadLetterTopic": "projects/p/topics/other"}}
    case = stack((TOPIC, NAMED), ("gcp:pubsub/subscription:Subscription", other))
    assert findings("topic-schema", case)[0].verdict is Verdict.FAILED


def test_schema_without_an_encoding_is_no_schema() -> None:
    assert verdict("topic-schema", {"schemaSettings": {"schema": "projects/p/schemas/s"}}) is Verdict.FAILED


def test_breaking_the_glass_is_seen() -> None:
    given = {"binaryAuthorization": {"useDefault": True, "breakglassJustification": "late"}}
    assert verdict("binary-authorization", given) is Verdict.FAILED
    named = {"binaryAuthorization": {"policy": "projects/p/platforms/cloudRun/policies/strict"}}
    assert verdict("binary-authorization", named) is Verdict.PASSED
