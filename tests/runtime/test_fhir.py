"""The FHIR API end to end over fakes."""

from __future__ import annotations

import json

import pytest

from runtime.settings import US_SSN
from tests.runtime.world import FHIR, SSN, World, patient


def test_a_patient_goes_in_and_comes_out_equal() -> None:
    world = World()
    with world.client() as http:
        made = http.post("/fhir/Patient", json=patient(), headers=FHIR)
        assert made.status_code == 201
        assert made.headers["location"].startswith("https://riverside.example.org/fhir/Patient/")
        read = http.get(f"/fhir/Patient/{made.json()['id']}")
    assert read.json() == {**patient(), "id": made.json()["id"]}
    assert read.headers["content-type"].startswith("application/fhir+json")
    assert read.headers["cache-control"] == "no-store"


def test_the_store_is_given_index_and_ciphertext_but_never_the_value() -> None:
    world = World()
    with world.client() as http:
        identity = http.put("/fhir/Patient/a", json=patient(id="a"), headers=FHIR).json()["id"]
        http.get("/fhir/Patient", params={"identifier": f"{US_SSN}|{SSN}"})
        http.get("/fhir/Patient", params={"identifier": SSN})
        http.post("/fhir/Patient/_search", data={"identifier": f"{US_SSN}|{SSN}"})
    stored = world.store.resource(f"Patient/{identity}")["identifier"]
    assert stored[0]["value"].startswith("b1-")
    assert stored[1] == {"system": "urn:mrn", "value": "M-1"}
    assert SSN.encode() not in world.left_the_process()


@pytest.mark.parametrize("asked", [f"{US_SSN}|{SSN}", SSN, f"urn:other|1,{US_SSN}|{SSN}"])
def test_search_by_identifier_finds_by_get_and_post(asked: str) -> None:
    with World().client() as http:
        http.put("/fhir/Patient/a", json=patient(id="a"), headers=FHIR)
        found = http.get("/fhir/Patient", params={"identifier": asked}).json()
        posted = http.post("/fhir/Patient/_search", data={"identifier": asked}).json()
        none = http.get("/fhir/Patient", params={"identifier": f"{US_SSN}|000-00-0000"}).json()
    assert [each["resource"] for each in found["entry"]] == [patient(id="a")]
    assert posted["entry"] == found["entry"]
    assert found["entry"][0]["fullUrl"] == "https://riverside.example.org/fhir/Patient/a"
    assert none["entry"] == []


def test_a_transaction_is_sealed_with_its_conditions() -> None:
    world = World()
    condition = f"identifier={US_SSN}|{SSN}"
    bundle = {
        "resourceType": "Bundle",
        "type": "transaction",
        "entry": [
            {
                "resource": patient(),
                "request": {"method": "POST", "url": "Patient", "ifNoneExist": condition},
            },
            {
                "resource": {"resourceType": "Observation", "subject": {"reference": f"Patient?{condition}"}},
                "request": {"method": "POST", "url": "Observation"},
            },
        ],
    }
    with world.client() as http:
        answer = http.post("/fhir", json=bundle, headers=FHIR)
    assert answer.status_code == 200, answer.text
    assert answer.json()["entry"][0]["response"]["location"].startswith(
        "https://riverside.example.org/fhir/Patient/"
    )
    assert SSN.encode() not in world.left_the_process()
    sent = json.loads(world.store.received[-1][4])
    assert "|b1-" in sent["entry"][1]["resource"]["subject"]["reference"].replace("%7C", "|")


def test_bytes_that_hold_nothing_to_encrypt_pass_untouched() -> None:
    world = World()
    body = b'{ "resourceType":"Observation",  "valueQuantity":{"value":1.50} }'
    with world.client() as http:
        assert http.post("/fhir/Observation", content=body, headers=FHIR).status_code == 201
    assert world.store.received[-1][4] == body


def test_reading_stops_when_the_tenants_key_is_disabled() -> None:
    world = World()
    with world.client() as http:
        http.put("/fhir/Patient/a", json=patient(id="a"), headers=FHIR)
    world.kms.disabled.add(world.settings.field_key)
    with world.client() as http:
        assert http.get("/fhir/Patient/a").status_code == 503


def test_idempotency_key_does_the_request_once() -> None:
    world = World()
    with world.client() as http:
        once = {**FHIR, "Idempotency-Key": "k-1"}
        first = http.post("/fhir/Patient", json=patient(), headers=once)
        again = http.post("/fhir/Patient", json=patient(), headers=once)
        other = http.post("/fhir/Patient", json=patient(gender="male"), headers=once)
    assert (first.status_code, again.status_code, other.status_code) == (201, 201, 422)
    assert again.content == first.content and again.headers["location"] == first.headers["location"]
    assert len(world.store.versions) == 1
    assert SSN.encode() not in world.left_the_process()


def test_metadata_and_smart_configuration_are_open() -> None:
    with World().client(None) as http:
        for path in ("/.well-known/smart-configuration", "/fhir/.well-known/smart-configuration"):
            assert http.get(path).json()["token_endpoint"] == "https://riverside.example.org/auth/token"
        statement = http.get("/fhir/metadata").json()
    assert statement["implementation"]["url"] == "https://riverside.example.org/fhir"


def test_health_tells_nothing_but_yes_or_no() -> None:
    world = World()
    with world.client(None) as http:
        assert http.get("/healthz").json() == {"status": "alive"}
        assert http.get("/readyz").json() == {"status": "ready"}
    world.store.down = True
    with world.client(None) as http:
        answer = http.get("/readyz")
    assert (answer.status_code, answer.json()) == (503, {"status": "not ready"})


def test_metrics_have_no_ids() -> None:
    with World().client() as http:
        http.put("/fhir/Patient/secret-id", json=patient(id="secret-id"), headers=FHIR)
        text = http.get("/metrics").text
    assert 'careplane_requests_total{interaction="update",status="201",type="Patient"} 1.0' in text
    assert "secret-id" not in text and "app" not in text
