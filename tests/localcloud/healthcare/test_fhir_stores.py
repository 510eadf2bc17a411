"""FHIR stores by way of the Healthcare API."""

from __future__ import annotations

import base64
import time
from typing import Any

from localcloud.healthcare import databases, stores
from localcloud.postgres.shared import fhir_server
from localcloud.services import healthcare
from tests.localcloud.healthcare.local import DATASET, EHR, Local

TENANT = "serviceAccount:tenant-riverside@careplane-cell.iam.gserviceaccount.com"
PATIENT = {"resourceType": "Patient", "name": [{"family": "Doe"}]}


def _pulled(local: Local, wanted: int) -> list[dict[str, Any]]:
    """Messages of the subscription, once there are as many as wanted."""
    found: list[dict[str, Any]] = []
    until = time.monotonic() + 10
    while len(found) < wanted and time.monotonic() < until:
        answer = local.ok(
            "POST", "projects/careplane-cell/subscriptions/seen:pull", {"maxMessages": 10}, "pubsub"
        )
        for each in answer.get("receivedMessages", ()):
            found.append(each["message"])
            local.ok(
                "POST",
                "projects/careplane-cell/subscriptions/seen:acknowledge",
                {"ackIds": [each["ackId"]]},
                "pubsub",
            )
        time.sleep(0.02)
    return found


def test_a_patient_goes_in_and_is_found_by_both_versions(local: Local) -> None:
    made = local.send("POST", f"{EHR}/fhir/Patient", PATIENT, content_type="application/fhir+json")
    assert made.status == 201
    assert made.headers["Location"].startswith("http://127.0.0.1:17013/v1/" + EHR + "/fhir/Patient/")
    assert made.headers["Content-Type"].startswith("application/fhir+json")
    read = local.ok("GET", f"{EHR}/fhir/Patient/{made.body['id']}")
    assert read == made.body
    assert local.ok("GET", f"{EHR}/fhir/Patient?family=doe")["entry"][0]["resource"] == read
    search = local.ok(
        "POST", f"{EHR}/fhir/Patient/_search", b"family=doe", content_type="application/x-www-form-urlencoded"
    )
    assert search["entry"][0]["resource"] == read
    assert local.ok("GET", f"{EHR}/fhir/Patient/{made.body['id']}/_history")["entry"][0]["resource"] == read
    assert (
        local.ok("GET", f"{EHR}/fhir/Patient/{made.body['id']}/$everything")["entry"][0]["resource"] == read
    )
    assert local.ok("GET", f"{EHR}/fhir/metadata")["resourceType"] == "CapabilityStatement"
    assert local.send("DELETE", f"{EHR}/fhir/Patient/{made.body['id']}").status == 204


def test_a_bundle_is_executed(local: Local) -> None:
    bundle = {
        "resourceType": "Bundle",
        "type": "transaction",
        "entry": [{"resource": PATIENT, "request": {"method": "POST", "url": "Patient"}}],
    }
    assert local.ok("POST", f"{EHR}/fhir", bundle)["entry"][0]["response"]["status"] == "201 Created"


def test_project_numbers_name_the_same_store(local: Local) -> None:
    local.ok("PUT", f"{EHR}/fhir/Patient/a", {**PATIENT, "id": "a"})
    assert local.ok("GET", f"{EHR}/fhir/Patient/a".replace("careplane-cell", "123456789012"))["id"] == "a"


def test_refusals_are_operation_outcomes(local: Local) -> None:
    for verb, path, body, status in (
        ("GET", f"{EHR}/fhir/Patient/none", None, 404),
        ("POST", f"{EHR}/fhir/Patient", b"{", 400),
        ("GET", f"{DATASET}/fhirStores/none/fhir/Patient/a", None, 404),
    ):
        answer = local.send(verb, path, body)
        assert answer.status == status and answer.body["resourceType"] == "OperationOutcome", answer
    foreign = local.as_("serviceAccount:tenant-lakeside@careplane-cell.iam.gserviceaccount.com")
    answer = foreign.send("GET", f"{EHR}/fhir/Patient/a")
    assert answer.status == 403 and answer.body["issue"][0]["code"] == "forbidden"


def test_each_request_asks_for_its_own_permission(local: Local) -> None:
    local.grant("healthcare", EHR, "roles/healthcare.fhirResourceReader", TENANT)
    local.ok("PUT", f"{EHR}/fhir/Patient/a", {**PATIENT, "id": "a"})
    tenant = local.as_(TENANT)
    assert tenant.send("GET", f"{EHR}/fhir/Patient/a").status == 200
    assert tenant.send("GET", f"{EHR}/fhir/Patient?family=doe").status == 200
    assert tenant.send("PUT", f"{EHR}/fhir/Patient/a", {**PATIENT, "id": "a"}).status == 403
    assert tenant.send("DELETE", f"{EHR}/fhir/Patient/a").status == 403
    bundle = {
        "resourceType": "Bundle",
        "type": "batch",
        "entry": [{"request": {"method": "GET", "url": "Patient/a"}}],
    }
    assert tenant.send("POST", f"{EHR}/fhir", bundle).status == 200
    bundle["entry"] = [{"request": {"method": "DELETE", "url": "Patient/a"}}]
    assert tenant.send("POST", f"{EHR}/fhir", bundle).status == 403
    assert local.send("GET", f"{EHR}/fhir/Patient/a").status == 200


def test_store_settings_apply_at_once(local: Local) -> None:
    assert local.send("GET", f"{EHR}/fhir/Patient?colour=blue").status == 200
    local.ok("PATCH", f"{EHR}?updateMask=defaultSearchHandlingStrict", {"defaultSearchHandlingStrict": True})
    assert local.send("GET", f"{EHR}/fhir/Patient?colour=blue").status == 400


def test_a_search_is_not_answered_with_a_count_alone_as_at_google(local: Local) -> None:
    local.ok("PUT", f"{EHR}/fhir/Patient/a", {**PATIENT, "id": "a"})
    found = local.ok("GET", f"{EHR}/fhir/Patient?_summary=count")
    assert [each["resource"]["id"] for each in found["entry"]] == ["a"], (
        "lenient: as if it had not been asked"
    )
    local.ok("PATCH", f"{EHR}?updateMask=defaultSearchHandlingStrict", {"defaultSearchHandlingStrict": True})
    assert local.send("GET", f"{EHR}/fhir/Patient?_summary=count").status == 400
    assert local.send("GET", f"{EHR}/fhir/Patient?_summary=false").status == 200


def test_stores_keep_apart_and_go_with_their_database(local: Local) -> None:
    local.ok("POST", f"{DATASET}/fhirStores?fhirStoreId=other", {"version": "R4"})
    local.ok("PUT", f"{EHR}/fhir/Patient/a", {**PATIENT, "id": "a"})
    other = f"{DATASET}/fhirStores/other"
    assert local.send("GET", f"{other}/fhir/Patient/a").status == 404
    assert local.send("PUT", f"{other}/fhir/Patient/a", {**PATIENT, "id": "a"}).status == 405
    server, name = fhir_server(local.cloud), databases.database_of(other)
    assert name in server.databases()
    local.ok("DELETE", other)
    assert name not in server.databases()
    local.ok("POST", f"{DATASET}/fhirStores?fhirStoreId=other", {"version": "R4"})
    assert local.ok("GET", f"{other}/fhir/Patient?_total=accurate")["total"] == 0
    local.ok("DELETE", other)
    assert local.send("POST", f"{DATASET}/fhirStores?fhirStoreId=old", {"version": "STU3"}).status == 400
    assert local.send("POST", f"{DATASET}/fhirStores?fhirStoreId=ehr", {"version": "R4"}).status == 409


def test_changes_reach_the_topic_as_google_tells_them(local: Local) -> None:
    healthcare.start(local.cloud)
    made = local.ok("PUT", f"{EHR}/fhir/Patient/a", {**PATIENT, "id": "a"})
    local.ok("DELETE", f"{EHR}/fhir/Patient/a")
    messages = _pulled(local, 2)
    assert [m["attributes"]["action"] for m in messages] == ["CreateResource", "DeleteResource"]
    first = messages[0]["attributes"]
    assert base64.b64decode(messages[0]["data"]).decode() == f"{EHR}/fhir/Patient/a"
    assert (first["payloadType"], first["resourceType"], first["storeName"]) == ("NameOnly", "Patient", EHR)
    assert first["versionId"] == made["meta"]["versionId"] and first["lastUpdatedTime"].endswith(" UTC")
    local.ok(
        "PATCH",
        f"{EHR}?updateMask=notificationConfigs",
        {
            "notificationConfigs": [
                {"pubsubTopic": "projects/careplane-cell/topics/riverside-fhir", "sendFullResource": True}
            ]
        },
    )
    local.ok("PUT", f"{EHR}/fhir/Patient/b", {**PATIENT, "id": "b"})
    full = _pulled(local, 1)[0]
    assert full["attributes"]["payloadType"] == "FullResource"
    assert b'"family":"Doe"' in base64.b64decode(full["data"])


def test_what_was_committed_before_a_crash_is_sent_after_the_next_start(local: Local) -> None:
    local.ok("PUT", f"{EHR}/fhir/Patient/a", {**PATIENT, "id": "a"})
    stores.close_all(local.cloud)
    healthcare.start(local.cloud)
    assert len(_pulled(local, 1)) == 1
