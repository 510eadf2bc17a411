"""Transactions and batches."""

from __future__ import annotations

import base64
from typing import Any

import pytest

from tests.runtime.fhir import bundle as own
from tests.runtime.fhir.client import Client
from tests.runtime.fhir.conftest import ClientFactory
from tests.runtime.fhir.equal import parse, plain

PATIENT = {"resourceType": "Patient", "identifier": [{"system": "urn:s", "value": "1"}]}


def _bundle(*entries: dict[str, Any], kind: str = "transaction") -> dict[str, Any]:
    return {"resourceType": "Bundle", "type": kind, "entry": list(entries)}


def _entry(
    method: str, url: str, resource: Any = None, full_url: str | None = None, **request: str
) -> dict[str, Any]:
    made: dict[str, Any] = {"request": {"method": method, "url": url, **request}}
    if resource is not None:
        made["resource"] = resource
    return made | ({"fullUrl": full_url} if full_url else {})


def _observation(subject: str) -> dict[str, Any]:
    return {"resourceType": "Observation", "status": "final", "code": {}, "subject": {"reference": subject}}


def _statuses(answer: Any) -> list[str]:
    return [entry["response"]["status"][:3] for entry in answer["entry"]]


def check_read_back(client: Client, sent: bytes) -> None:
    """Send a transaction; every entry is read back equal."""
    answer = client.send("POST", "", sent)
    assert answer.status == 200, answer.body[:500]
    for entry, made in zip(parse(sent)["entry"], parse(answer.body)["entry"], strict=True):
        path = made["response"]["location"].removeprefix("http://store.test/fhir/").partition("/_history")[0]
        stored = parse(client.send("GET", path).body)
        assert plain(stored) == plain(entry["resource"])


def test_the_own_bundle_comes_back_digit_for_digit(fhir_factory: ClientFactory) -> None:
    client = fhir_factory()
    check_read_back(client, own.transaction())
    patient = client.found("Patient?family=ubermutig")
    assert len(patient) == 1
    assert len(client.found(f"Observation?patient={patient[0]}&encounter:missing=false")) == len(own.DECIMALS)
    stored = client.send("GET", "Observation").body.decode()
    assert all(f'"value":{digits},' in stored for digits in own.DECIMALS)


def test_references_between_entries_become_real(fhir_factory: ClientFactory) -> None:
    client = fhir_factory()
    answer = client.json(
        "POST",
        "",
        _bundle(
            _entry("POST", "Observation", _observation("urn:uuid:1")),
            _entry("POST", "Patient", PATIENT, "urn:uuid:1"),
            _entry("GET", "Patient?identifier=urn:s|1"),
        ),
        200,
    )
    assert _statuses(answer) == ["201", "201", "200"]
    patient = answer["entry"][1]["response"]["location"].split("/")[-3]
    assert (
        client.json("GET", "Observation")["entry"][0]["resource"]["subject"]["reference"]
        == f"Patient/{patient}"
    )
    assert answer["entry"][2]["resource"]["entry"][0]["resource"]["id"] == patient


def test_entries_run_in_the_order_of_the_specification(fhir_factory: ClientFactory) -> None:
    client = fhir_factory()
    client.json("PUT", "Patient/old", {"resourceType": "Patient", "id": "old"})
    answer = client.json(
        "POST",
        "",
        _bundle(
            _entry("GET", "Patient/new"),
            _entry("PUT", "Patient/new", {"resourceType": "Patient", "id": "new"}),
            _entry("DELETE", "Patient/old"),
        ),
        200,
    )
    assert _statuses(answer) == ["200", "201", "204"]


@pytest.mark.parametrize(
    "bad, status, sentence",
    [
        (_entry("POST", "Observation", _observation("Patient/none")), 400, "reference not found"),
        (_entry("POST", "Pasta", {"resourceType": "Pasta"}), 404, "Bundle.entry[1]: 'Pasta'"),
        (
            _entry("POST", "Observation", _observation("Patient?identifier=urn:s|none")),
            412,
            "selects no resource",
        ),
        (_entry("PUT", "Patient/a", {"resourceType": "Patient", "id": "b"}), 400, "Bundle.entry[1]"),
        (
            _entry("PUT", "Patient/a", {"resourceType": "Patient", "id": "a"}, ifMatch='W/"3"'),
            412,
            "If-Match",
        ),
        (_entry("GET", "Patient/none"), 404, "Bundle.entry[1]"),
        (_entry("TRACE", "Patient/none"), 400, "method 'TRACE'"),
        ({}, 400, "request is missing"),
    ],
)
def test_one_bad_entry_undoes_them_all(
    fhir_factory: ClientFactory, bad: Any, status: int, sentence: str
) -> None:
    client = fhir_factory()
    answer = client.refusal("POST", "", _bundle(_entry("POST", "Patient", PATIENT), bad))
    assert answer[0] == status and sentence in answer[2], answer
    assert client.found("Patient") == []


def test_conditional_entries_and_references(fhir_factory: ClientFactory) -> None:
    client = fhir_factory()
    bundle = _bundle(
        _entry("POST", "Patient", PATIENT, "urn:uuid:p", ifNoneExist="identifier=urn:s|1"),
        _entry("POST", "Observation", _observation("urn:uuid:p")),
    )
    assert _statuses(client.json("POST", "", bundle, 200)) == ["201", "201"]
    assert _statuses(client.json("POST", "", bundle, 200)) == ["200", "201"]
    client.json(
        "POST", "", _bundle(_entry("POST", "Observation", _observation("Patient?identifier=urn:s|1"))), 200
    )
    patient = client.found("Patient")
    assert len(patient) == 1 and len(client.found(f"Observation?subject=Patient/{patient[0]}")) == 3
    answer = client.json(
        "POST", "", _bundle(_entry("PUT", "Patient?identifier=urn:s|1", {**PATIENT, "gender": "male"}))
    )
    assert _statuses(answer) == ["200"] and client.found("Patient?gender=male") == patient


def test_two_entries_with_one_condition_mean_one_resource(fhir_factory: ClientFactory) -> None:
    client = fhir_factory()
    twin = [
        _entry("POST", "Patient", PATIENT, f"urn:uuid:{n}", ifNoneExist="identifier=urn:s|1") for n in (1, 2)
    ]
    seen = [_entry("POST", "Observation", _observation(f"urn:uuid:{n}")) for n in (1, 2)]
    client.json("POST", "", _bundle(*twin, *seen), 200)
    patient = client.found("Patient")
    assert len(patient) == 1 and len(client.found(f"Observation?patient={patient[0]}")) == 2


def test_a_patch_travels_in_a_binary(fhir_factory: ClientFactory) -> None:
    client = fhir_factory()
    patient = client.create(PATIENT)
    data = base64.b64encode(b'[{"op":"add","path":"/gender","value":"male"}]').decode()
    binary = {"resourceType": "Binary", "contentType": "application/json-patch+json", "data": data}
    for kind in ("transaction", "batch"):
        assert _statuses(
            client.json("POST", "", _bundle(_entry("PATCH", f"Patient/{patient}", binary), kind=kind))
        ) == ["200"]
    assert client.found("Patient?gender=male") == [patient]


def test_a_batch_answers_entry_by_entry(fhir_factory: ClientFactory) -> None:
    client = fhir_factory()
    answer = client.json(
        "POST",
        "",
        _bundle(
            _entry("GET", "Patient/a"),
            _entry("PUT", "Patient/a", {"resourceType": "Patient", "id": "a"}),
            _entry("POST", "Observation", _observation("Patient/none")),
            {"request": 1},
            kind="batch",
        ),
        200,
    )
    assert _statuses(answer) == ["200", "201", "400", "400"]
    assert answer["entry"][2]["response"]["outcome"]["resourceType"] == "OperationOutcome"


def test_limits(fhir_factory: ClientFactory) -> None:
    client = fhir_factory()
    many = _bundle(*[_entry("POST", "Patient", {"resourceType": "Patient"})] * 4501)
    assert client.refusal("POST", "", many)[:2] == (413, "too-long")
    assert client.refusal("POST", "", b" " * (50 * 1024 * 1024 + 1))[0] == 413
    many["entry"].pop()
    assert len(client.json("POST", "", many, 200)["entry"]) == 4500
    twice = _entry("PUT", "Patient/a", {"resourceType": "Patient", "id": "a"})
    assert "changed by two entries" in client.refusal("POST", "", _bundle(twice, twice))[2]
