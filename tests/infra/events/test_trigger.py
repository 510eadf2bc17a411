from __future__ import annotations

from dataclasses import replace

import pytest

from infra.errors import ConfigError
from infra.events.trigger import AuditSource, TopicSource, Trigger, TriggerArgs
from tests.infra.engine import Declared, declare
from tests.infra.sites import SITE

ARGS = TriggerArgs(SITE, "exports", TopicSource("projects/p/topics/t"), "riverside", "tg-exports", "/events")
EXPORT = "google.cloud.healthcare.v1.fhir.FhirStoreService.ExportResources"


def trigger(args: TriggerArgs = ARGS) -> Declared:
    return declare(lambda: {"id": (made := Trigger("t", args)).id, "member": made.member})


def test_a_message_calls_the_service_with_an_identity_of_its_own() -> None:
    found = trigger()
    made = found.one("eventarc/trigger:Trigger").inputs
    assert made["serviceAccount"] == "tg-exports@careplane-cell.iam.gserviceaccount.com"
    assert made["transport"] == {"pubsub": {"topic": "projects/p/topics/t"}}
    assert made["destination"]["cloudRunService"] == {
        "service": "riverside",
        "region": "europe-west3",
        "path": "/events",
    }
    invoker = found.one("ServiceIamMember").inputs
    assert (invoker["role"], invoker["name"]) == ("roles/run.invoker", "riverside")
    assert invoker["member"] == found.outputs["member"] == f"serviceAccount:{made['serviceAccount']}"
    assert not found.of("IAMMember")
    assert found.outputs["id"] == "projects/careplane-cell/locations/europe-west3/triggers/exports"


def test_the_right_to_call_exists_before_the_first_event() -> None:
    found = trigger()
    invoker = "gcp:cloudrunv2/serviceIamMember:ServiceIamMember::t-invoker"
    assert invoker in found.before(found.one("eventarc/trigger:Trigger"))


def test_an_audited_call_is_found_by_service_method_and_resource() -> None:
    source = AuditSource(
        "healthcare.googleapis.com", EXPORT, "projects/*/locations/*/datasets/*/fhirStores/*"
    )
    found = trigger(replace(ARGS, source=source))
    made = found.one("eventarc/trigger:Trigger").inputs
    assert "transport" not in made
    assert [each["value"] for each in made["matchingCriterias"][1:3]] == [source.service, EXPORT]
    assert made["matchingCriterias"][3]["operator"] == "match-path-pattern"
    assert found.one("IAMMember").inputs["role"] == "roles/eventarc.eventReceiver"
    exact = trigger(replace(ARGS, source=replace(source, resource="projects/p/x")))
    assert "operator" not in exact.one("eventarc/trigger:Trigger").inputs["matchingCriterias"][3]
    whole = trigger(replace(ARGS, source=replace(source, resource=None)))
    assert len(whole.one("eventarc/trigger:Trigger").inputs["matchingCriterias"]) == 3


def test_what_is_not_googles_service_or_not_a_path_is_refused() -> None:
    with pytest.raises(ConfigError, match="service: 'healthcare' is not allowed"):
        AuditSource("healthcare", EXPORT)
    with pytest.raises(ConfigError, match="path: 'events' is not allowed"):
        replace(ARGS, path="events")
