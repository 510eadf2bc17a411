"""Interactions with one resource."""

from __future__ import annotations

import pytest

from runtime.fhir.definitions.table import resource_types
from tests.runtime.fhir.conftest import ClientFactory

PATIENT = {"resourceType": "Patient", "name": [{"family": "Doe"}]}


def test_create_answers_location_etag_and_the_resource(fhir_factory: ClientFactory) -> None:
    answer = fhir_factory().send("POST", "Patient", PATIENT)
    assert (answer.status, answer.headers["ETag"]) == (201, 'W/"1"')
    assert answer.headers["Location"].startswith("http://store.test/fhir/Patient/")
    assert answer.headers["Location"].endswith("/_history/1")
    assert b'"versionId":"1"' in answer.body


@pytest.mark.parametrize(
    "want, has_body", [("minimal", b""), ("OperationOutcome", b'{"resourceType":"OperationOutcome"')]
)
def test_prefer_return(fhir_factory: ClientFactory, want: str, has_body: bytes) -> None:
    answer = fhir_factory().send("POST", "Patient", PATIENT, prefer=f"return={want}")
    assert answer.status == 201
    assert answer.body.startswith(has_body) and (has_body or not answer.body)


def test_bytes_come_back_as_they_were_stored(fhir_factory: ClientFactory) -> None:
    client = fhir_factory()
    body = (
        '{"resourceType":"Observation","id":"x","status":"final","code":{"text":"é 李 😀"},'
        '"valueQuantity":{"value":1.50},"referenceRange":[{"low":{"value":-0.0},"high":{"value":1e3}}]}'
    )
    client.json("PUT", "Observation/x", body.encode(), 201)
    stored = client.send("GET", "Observation/x").body.decode()
    for text in ('"value":1.50}', '"value":-0.0}', '"value":1e3}', "é 李 😀"):
        assert text in stored


def test_update_keeps_versions_and_delete_leaves_history(fhir_factory: ClientFactory) -> None:
    client = fhir_factory()
    client.json("PUT", "Patient/a", {**PATIENT, "id": "a"}, 201)
    client.json("PUT", "Patient/a", {**PATIENT, "id": "a", "gender": "female"}, 200)
    assert client.send("DELETE", "Patient/a").status == 204
    assert client.send("DELETE", "Patient/a").status == 204
    assert client.send("DELETE", "Patient/never").status == 204
    assert client.refusal("GET", "Patient/a")[:2] == (410, "deleted")
    assert "gender" not in client.json("GET", "Patient/a/_history/1", None, 200)
    assert client.json("GET", "Patient/a/_history/2", None, 200)["gender"] == "female"
    assert client.refusal("GET", "Patient/a/_history/3")[0] == 410
    assert client.refusal("GET", "Patient/a/_history/4")[0] == 404
    history = client.json("GET", "Patient/a/_history", None, 200)
    assert [entry["request"]["method"] for entry in history["entry"]] == ["DELETE", "PUT", "POST"]
    assert client.found("Patient?family=doe") == []
    client.json("PUT", "Patient/a", {**PATIENT, "id": "a"}, 201)
    assert client.json("GET", "Patient/a", None, 200)["meta"]["versionId"] == "4"


def test_history_pages(fhir_factory: ClientFactory) -> None:
    client = fhir_factory()
    for _ in range(5):
        client.json("PUT", "Patient/a", {**PATIENT, "id": "a"})
    seen, url = [], "Patient/a/_history?_count=2"
    while url:
        page = client.json("GET", url, None, 200)
        seen += [entry["resource"]["meta"]["versionId"] for entry in page["entry"]]
        url = next(
            (
                link["url"].removeprefix("http://store.test/fhir/")
                for link in page["link"]
                if link["relation"] == "next"
            ),
            "",
        )
    assert seen == ["5", "4", "3", "2", "1"]


def test_if_match_and_if_none_match(fhir_factory: ClientFactory) -> None:
    client = fhir_factory()
    client.json("PUT", "Patient/a", {**PATIENT, "id": "a"})
    assert client.refusal("PUT", "Patient/a", {**PATIENT, "id": "a"}, if_match='W/"7"')[:2] == (
        412,
        "conflict",
    )
    assert client.send("PUT", "Patient/a", {**PATIENT, "id": "a"}, if_match='W/"1"').status == 200
    assert client.refusal("DELETE", "Patient/a", if_match='W/"1"')[0] == 412
    assert client.send("GET", "Patient/a", if_none_match='W/"2"').status == 304
    assert client.send("GET", "Patient/a", if_none_match='W/"1"').status == 200


def test_update_as_create_can_be_off(fhir_factory: ClientFactory) -> None:
    client = fhir_factory(update_create=False)
    assert client.refusal("PUT", "Patient/a", {**PATIENT, "id": "a"})[:2] == (405, "not-supported")


def test_conditional_create_update_and_delete(fhir_factory: ClientFactory) -> None:
    client = fhir_factory()
    body = {**PATIENT, "identifier": [{"system": "urn:s", "value": "1"}]}
    first = client.json("POST", "Patient", body, 201, if_none_exist="identifier=urn:s|1")
    again = client.json("POST", "Patient", body, 200, if_none_exist="identifier=urn:s|1")
    assert again["id"] == first["id"] and again["meta"]["versionId"] == "1"
    updated = client.json("PUT", "Patient?identifier=urn:s|1", {**body, "gender": "male"}, 200)
    assert (updated["id"], updated["meta"]["versionId"]) == (first["id"], "2")
    client.create(body)
    assert client.refusal("POST", "Patient", body, if_none_exist="identifier=urn:s|1")[:2] == (
        412,
        "multiple-matches",
    )
    assert client.refusal("DELETE", "Patient?identifier=urn:s|1")[0] == 412
    assert client.send("DELETE", f"Patient?_id={first['id']}").status == 204
    assert client.refusal("POST", "Patient", body, if_none_exist="nonsense=1")[:2] == (400, "not-supported")


def test_json_patch(fhir_factory: ClientFactory) -> None:
    client = fhir_factory()
    client.json("PUT", "Patient/a", {**PATIENT, "id": "a"})
    operations = [
        {"op": "test", "path": "/name/0/family", "value": "Doe"},
        {"op": "replace", "path": "/name/0/family", "value": "Roe"},
        {"op": "add", "path": "/gender", "value": "female"},
    ]
    kind = "application/json-patch+json"
    assert client.json("PATCH", "Patient/a", operations, 200, content_type=kind)["name"] == [
        {"family": "Roe"}
    ]
    assert client.found("Patient?family=roe") == ["a"] and client.found("Patient?family=doe") == []
    status, _, sentence = client.refusal("PATCH", "Patient/a", [operations[0]], content_type=kind)
    assert status == 400 and "operation 0" in sentence
    assert client.refusal("PATCH", "Patient/b", operations, content_type=kind)[0] == 404


def test_a_reference_must_lead_somewhere(fhir_factory: ClientFactory) -> None:
    client = fhir_factory()
    body = {
        "resourceType": "Observation",
        "status": "final",
        "code": {},
        "subject": {"reference": "Patient/none"},
    }
    status, code, sentence = client.refusal("POST", "Observation", body)
    assert (status, code) == (400, "business-rule")
    assert "reference not found: Patient/none" in sentence
    client.json("PUT", "Patient/none", {**PATIENT, "id": "none"})
    client.create(body)
    status, _, sentence = client.refusal("DELETE", "Patient/none")
    assert status == 409 and "refers to it" in sentence


def test_a_reference_may_lead_nowhere_where_integrity_is_off(fhir_factory: ClientFactory) -> None:
    client = fhir_factory(referential_integrity=False)
    client.create(
        {
            "resourceType": "Observation",
            "status": "final",
            "code": {},
            "subject": {"reference": "Patient/none"},
        }
    )


def test_everything_of_a_patient(fhir_factory: ClientFactory) -> None:
    client = fhir_factory()
    mine, other = client.create(PATIENT), client.create(PATIENT)
    seen = {
        client.create(
            {
                "resourceType": "Observation",
                "status": "final",
                "code": {},
                "subject": {"reference": f"Patient/{mine}"},
            }
        )
        for _ in range(3)
    }
    client.create(
        {
            "resourceType": "Observation",
            "status": "final",
            "code": {},
            "subject": {"reference": f"Patient/{other}"},
        }
    )
    assert set(client.found(f"Patient/{mine}/$everything")) == {mine, *seen}


def test_every_r4_type_is_accepted(fhir_factory: ClientFactory) -> None:
    client = fhir_factory()
    for name in sorted(resource_types()):
        assert client.send("POST", name, {"resourceType": name}).status == 201, name
        assert len(client.found(name)) == 1


def test_capability_statement_lists_what_is_served(fhir_factory: ClientFactory) -> None:
    statement = fhir_factory().json("GET", "metadata", None, 200)
    resources = {entry["type"]: entry for entry in statement["rest"][0]["resource"]}
    assert set(resources) == set(resource_types())
    assert {"name": "family", "type": "string"} in resources["Patient"]["searchParam"]
