"""What the store refuses: one clear sentence each, and nothing is stored."""

from __future__ import annotations

from urllib.parse import quote

import pytest

from tests.runtime.fhir.conftest import ClientFactory

BAD = {
    "malformed JSON": ("POST", "Patient", b'{"resourceType":', 400, "Malformed JSON at line 1"),
    "no object": ("POST", "Patient", b"[]", 400, "must be a JSON object"),
    "NaN": ("POST", "Patient", b'{"resourceType":"Patient","x":NaN}', 400, "Malformed JSON"),
    "not UTF-8": ("POST", "Patient", b'{"resourceType":"Patient","x":"\xff"}', 400, "not UTF-8"),
    "half a surrogate pair": (
        "POST",
        "Patient",
        b'{"resourceType":"Patient","x":"\\ud800"}',
        400,
        "surrogate",
    ),
    "deep nesting": (
        "POST",
        "Patient",
        b'{"resourceType":"Patient","x":' + b"[" * 9000 + b"]" * 9000 + b"}",
        400,
        "nested",
    ),
    "nesting just over the limit": (
        "POST",
        "Patient",
        b'{"resourceType":"Patient","x":' + b"[" * 100 + b"]" * 100 + b"}",
        400,
        "allowed: 100 levels",
    ),
    "no type": ("POST", "Patient", b"{}", 400, "resourceType is missing; expected 'Patient'"),
    "wrong type": (
        "POST",
        "Patient",
        b'{"resourceType":"Observation"}',
        400,
        "'Observation' but the request is for 'Patient'",
    ),
    "unknown type": ("POST", "Pasta", b'{"resourceType":"Pasta"}', 404, "'Pasta' is not an R4 resource type"),
    "meta is no object": (
        "POST",
        "Patient",
        b'{"resourceType":"Patient","meta":[]}',
        400,
        "meta must be an object",
    ),
    "bad id": ("PUT", "Patient/a_b", b'{"resourceType":"Patient","id":"a_b"}', 400, "allowed: 1 to 64"),
    "long id": ("PUT", "Patient/" + "a" * 65, b"{}", 400, "resourceType is missing"),
    "id mismatch": (
        "PUT",
        "Patient/a",
        b'{"resourceType":"Patient","id":"b"}',
        400,
        "'b' but the request is for 'a'",
    ),
    "id missing": ("PUT", "Patient/a", b'{"resourceType":"Patient"}', 400, "request is for 'a'"),
    "no such resource": ("GET", "Patient/none", b"", 404, "Patient/none does not exist"),
    "no such version": ("GET", "Patient/none/_history/x", b"", 404, "no version 'x'"),
    "no such route": ("GET", "Patient/a/b/c/d", b"", 404, "not an interaction"),
    "bundle type": (
        "POST",
        "",
        b'{"resourceType":"Bundle","type":"collection"}',
        400,
        "allowed: transaction, batch",
    ),
    "patch is no array": ("PATCH", "Patient/a", b"{}", 400, "array of operations"),
    "negative count": ("GET", "Patient?_count=-1", b"", 400, "_count '-1' is not allowed"),
    "bad date": ("GET", "Patient?birthdate=yesterday", b"", 400, "'yesterday' is not a date"),
    "bad number": ("GET", "Observation?value-quantity=much", b"", 400, "'much' is not a number"),
    "bad page token": ("GET", "Patient?_page_token=***", b"", 400, "_page_token"),
    "foreign page token": ("GET", "Patient?_page_token=WzEsMl0", b"", 400, "_page_token"),
    "bad history token": ("GET", "Patient/a/_history?_page_token=eHg", b"", 400, "_page_token"),
    "bad since": ("GET", "Patient/a/_history?_since=x", b"", 400, "_since"),
    "NUL": ("GET", "Patient?family=%00", b"", 400, "NUL"),
}


@pytest.mark.parametrize("case", BAD)
def test_bad_input_is_refused_with_a_sentence(fhir_factory: ClientFactory, case: str) -> None:
    method, url, body, status, sentence = BAD[case]
    client = fhir_factory()
    answer = client.refusal(method, url, body)
    assert answer[0] == status and sentence in answer[2], answer
    assert client.found("Patient") == []


def test_content_types(fhir_factory: ClientFactory) -> None:
    client = fhir_factory()
    assert client.refusal("POST", "Patient", b"<Patient/>", content_type="application/fhir+xml")[0] == 415
    assert client.refusal("GET", "Patient/a", accept="application/fhir+xml")[0] == 406
    assert (
        client.send(
            "POST",
            "Patient",
            {"resourceType": "Patient"},
            content_type="application/fhir+json; charset=utf-8",
        ).status
        == 201
    )


def test_unknown_parameter_is_refused_when_strict_and_left_out_when_lenient(
    fhir_factory: ClientFactory,
) -> None:
    client = fhir_factory(strict_search=True)
    status, code, sentence = client.refusal("GET", "Patient?colour=blue")
    assert (status, code) == (
        400,
        "not-supported",
    ) and "'colour' is not a search parameter of Patient" in sentence
    bundle = client.json("GET", "Patient?colour=blue&gender=male", None, 200, prefer="handling=lenient")
    assert bundle["link"][0]["url"].endswith("Patient?gender=male")
    assert client.refusal("GET", "Patient?family:text=x")[0] == 400
    assert fhir_factory().refusal("GET", "Patient?colour=blue", prefer="handling=strict")[0] == 400


def test_sql_in_a_parameter_is_only_text(fhir_factory: ClientFactory) -> None:
    client = fhir_factory()
    evil = "x'); DROP TABLE resource; --%s %(a)s"
    client.create({"resourceType": "Patient", "name": [{"family": evil}]})
    assert len(client.found(f"Patient?family:exact={quote(evil)}")) == 1
    for name in (
        "_id",
        "identifier",
        "birthdate",
        "organization",
        "_sort",
        "_include",
        "_lastUpdated",
        "_has:x:y:z",
        evil,
    ):
        assert client.send("GET", f"Patient?{quote(name)}={quote(evil)}").status in (200, 400)
