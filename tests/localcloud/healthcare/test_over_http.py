"""The Healthcare API through the real server: what a client on a socket sees."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from tests.localcloud.running import RunningCloud

PROJECT = "healthcare-http"
DATASETS = f"/v1beta1/projects/{PROJECT}/locations/europe-west3/datasets"
EHR = f"/v1/projects/{PROJECT}/locations/europe-west3/datasets/d/fhirStores/ehr"
KIND = {"content-type": "application/fhir+json"}


@pytest.fixture
def ehr(localcloud: RunningCloud) -> Iterator[RunningCloud]:
    localcloud.control("POST", "/projects", {"projectId": PROJECT})
    localcloud.request("healthcare", "POST", f"{DATASETS}?datasetId=d", {})
    made = localcloud.request(
        "healthcare",
        "POST",
        f"{DATASETS}/d/fhirStores?fhirStoreId=ehr",
        {"version": "R4", "enableUpdateCreate": True},
    )
    assert made.status_code == 200, made.text
    yield localcloud
    assert localcloud.request("healthcare", "DELETE", f"{DATASETS}/d").status_code == 200


def test_fhir_over_http_keeps_bytes_and_headers(ehr: RunningCloud) -> None:
    body = '{"resourceType":"Observation","id":"x","status":"final","code":{},"valueQuantity":{"value":1.50}}'
    made = ehr.request("healthcare", "PUT", f"{EHR}/fhir/Observation/x", content=body.encode(), headers=KIND)
    assert made.status_code == 201 and made.headers["etag"] == 'W/"1"'
    read = ehr.request("healthcare", "GET", f"{EHR}/fhir/Observation/x")
    assert '"value":1.50' in read.text
    assert read.headers["content-type"].startswith("application/fhir+json")
    head = ehr.request("healthcare", "HEAD", f"{EHR}/fhir/Observation/x")
    assert head.status_code == 200 and not head.content
    found = ehr.request("healthcare", "GET", f"{EHR}/fhir/Observation?value-quantity=1.5&_count=1")
    assert found.json()["entry"][0]["resource"]["id"] == "x"


def test_malformed_json_and_no_token(ehr: RunningCloud) -> None:
    for verb, path in (("POST", "Patient"), ("PUT", "Patient/a"), ("POST", "")):
        bad = ehr.request("healthcare", verb, f"{EHR}/fhir/{path}".rstrip("/"), content=b"{", headers=KIND)
        assert bad.status_code == 400 and bad.json()["resourceType"] == "OperationOutcome", bad.text
    assert ehr.request("healthcare", "GET", f"{EHR}/fhir/Patient", token="none").status_code == 401
