"""Requests that are refused: bad input, scope escalation, smuggling."""

from __future__ import annotations

import base64
import json
from collections.abc import AsyncIterator
from typing import Any

import pytest

from runtime.errors import Malformed, NoSuchResource
from runtime.interaction import parse
from runtime.settings import US_SSN
from tests.runtime.world import FHIR, SSN, World, patient


def entry(method: str, url: str, resource: Any = None, **request: Any) -> dict[str, Any]:
    return {
        "request": {"method": method, "url": url, **request},
        **({"resource": resource} if resource else {}),
    }


def bundle(*entries: dict[str, Any], kind: str = "transaction") -> dict[str, Any]:
    return {"resourceType": "Bundle", "type": kind, "entry": list(entries)}


def outcome(answer: Any, status: int) -> str:
    assert answer.status_code == status, answer.text
    assert answer.json()["resourceType"] == "OperationOutcome"
    return str(answer.json()["issue"][0]["diagnostics"])


@pytest.mark.parametrize(
    "body", [b"{", b"", b"[]", b'{"resourceType":"Patient"', b"\xff\xfe", b'{"a":NaN}', b"[" * 200_000]
)
def test_malformed_json(body: bytes) -> None:
    world = World()
    with world.client() as http:
        before = len(world.store.received)
        outcome(http.post("/fhir/Patient", content=body, headers=FHIR), 400)
    assert len(world.store.received) == before


def test_repeated_keys_are_refused_so_that_two_parsers_cannot_differ() -> None:
    request = b'{"method":"GET","method":"DELETE","url":"Patient/a"}'
    body = b'{"resourceType":"Bundle","type":"batch","entry":[{"request":' + request + b"}]}"
    with World().client() as http:
        outcome(http.post("/fhir", content=body, headers=FHIR), 400)


@pytest.mark.parametrize(
    "path",
    [
        "/fhir/Nothing",
        "/fhir/patient",
        "/fhir/Nothing/a",
        "/fhir/Patient/a/b",
        "/fhirPatient",
        "/fhir/Patient/a/_history/1/x",
        "/nowhere",
        "/fhir/Patient/$merge",
        "/fhir/_history",
    ],
)
def test_unknown_paths(path: str) -> None:
    with World().client() as http:
        outcome(http.get(path), 404)


def test_resource_type_must_be_the_addresses() -> None:
    with World().client() as http:
        text = outcome(http.post("/fhir/Observation", json=patient(), headers=FHIR), 400)
        assert "resourceType must be Observation" in text
        outcome(http.put("/fhir/Patient/a", json=patient(id="b"), headers=FHIR), 400)


@pytest.mark.parametrize("identity", ["%2e%2e", "a%2Fb", "a%00", "a" * 65, "a b", "%0d%0aX-Evil:1", "ä"])
def test_ids_cannot_leave_the_store(identity: str) -> None:
    world = World()
    with world.client() as http:
        answer = http.get(f"/fhir/Patient/{identity}")
    assert answer.status_code in (400, 404), answer.text
    assert not world.store.received


@pytest.mark.parametrize(
    "path", ["Patient/..", "Patient/.", "../Patient", "Patient/../Observation/1", "Patient/a\r\nX: 1"]
)
def test_dots_and_line_ends_are_no_ids(path: str) -> None:
    with pytest.raises((Malformed, NoSuchResource)):
        parse("GET", path)


def test_a_declared_body_of_31_mib_is_refused_before_it_is_read() -> None:
    with World().client() as http:
        answer = http.post("/fhir/Patient", content=b" " * (31 * 1024 * 1024), headers=FHIR)
    assert "30 MiB" in outcome(answer, 413)


def test_a_chunked_body_is_cut_at_the_limit() -> None:
    sent = 0

    async def chunks() -> AsyncIterator[bytes]:
        nonlocal sent
        for _ in range(100):
            sent += 1
            yield b" " * (1024 * 1024)

    with World().client() as http:
        outcome(http.post("/fhir/Patient", content=chunks(), headers=FHIR), 413)


@pytest.mark.parametrize(
    "media_type", ["text/plain", "application/fhir+xml", "", "application/x-www-form-urlencoded"]
)
def test_media_types(media_type: str) -> None:
    with World().client() as http:
        outcome(http.post("/fhir/Patient", content=b"{}", headers={"Content-Type": media_type}), 415)
        outcome(http.get("/fhir/Patient/a", headers={"Accept": "application/fhir+xml"}), 406)
        outcome(http.get("/fhir/Patient/a?_format=xml"), 406)


def test_methods() -> None:
    with World().client() as http:
        assert "GET" in http.post("/fhir/Patient/a", json={}, headers=FHIR).headers["allow"]
        outcome(http.put("/fhir/Patient", json=patient(), headers=FHIR), 400)


READER = "system/Patient.rs"


@pytest.mark.parametrize(
    "attack",
    [
        bundle(entry("DELETE", "Patient/a")),
        bundle(entry("GET", "Patient/a"), entry("PUT", "Patient/a", patient(id="a"))),
        bundle(entry("GET", "Observation?patient=a"), kind="batch"),
        bundle(
            entry("GET", "Patient/a/_history"),
            entry("GET", "https://riverside.example.org/fhir/Observation/1"),
        ),
        bundle(entry("GET", "Patient/%24everything/../Observation")),
        bundle(entry("GET", "Patient?_revinclude=Observation:patient"), kind="batch"),
        bundle(entry("GET", "Patient?_has:Observation:patient:code=1"), kind="batch"),
        bundle(entry("get", "Patient/a")),
        bundle(entry("POST", "", bundle(entry("DELETE", "Patient/a")))),
        bundle(entry("POST", "/", bundle(entry("DELETE", "Patient/a")))),
        bundle(entry("GET", "//evil.example/Patient/a")),
        bundle(entry("GET", "http://evil.example/Patient/a")),
        bundle(entry("GET", "Patient/../Observation/1")),
        bundle(entry("POST", "Patient", patient(), ifNoneExist="name=x")),
    ],
)
def test_a_bundle_gives_no_more_than_the_scopes(attack: dict[str, Any]) -> None:
    world = World()
    with world.client(READER) as http:
        answer = http.post("/fhir", json=attack, headers=FHIR)
    assert answer.status_code in (400, 403, 404, 405, 422), answer.text
    assert not world.store.received


@pytest.mark.parametrize(
    "query",
    [
        "_has:Observation:patient:code=1",
        "_revinclude=Observation:patient",
        "general-practitioner.name=x",
        "_revinclude=*",
        "organization:Organization.name=x",
        "_revinclude:iterate=Observation:patient",
    ],
)
def test_searches_do_not_look_into_other_types(query: str) -> None:
    world = World()
    with world.client(READER) as http:
        outcome(http.get(f"/fhir/Patient?{query}"), 403)
        form = {"Content-Type": "application/x-www-form-urlencoded"}
        outcome(http.post("/fhir/Patient/_search", content=query, headers=form), 403)
    assert not world.store.received


def test_included_resources_need_their_scope_too() -> None:
    world = World()
    with world.client() as http:
        http.put("/fhir/Patient/a", json=patient(id="a"), headers=FHIR)
    with world.client("system/Observation.rs") as http:
        text = outcome(http.get("/fhir/Observation?_include=Observation:subject"), 403)
    assert "system/Patient.rs" in text


@pytest.mark.parametrize(
    "scope, method",
    [
        ("system/Patient.rs", "PUT"),
        ("system/Patient.cru", "DELETE"),
        ("system/Patient.cud", "GET"),
        ("system/Observation.cruds", "GET"),
    ],
)
def test_scopes_of_single_requests(scope: str, method: str) -> None:
    with World().client(scope) as http:
        answer = http.request(
            method, "/fhir/Patient/a", json=patient(id="a") if method == "PUT" else None, headers=FHIR
        )
        outcome(answer, 403)
        assert 'error="insufficient_scope"' in answer.headers["www-authenticate"]


def test_identifiers_are_not_patched_past_encryption() -> None:
    world = World()
    patch = [{"op": "add", "path": "/identifier/-", "value": {"system": US_SSN, "value": SSN}}]
    pieces = [
        patch,
        [{"op": "replace", "path": "/identifier/0/value", "value": SSN}],
        [{"op": "add", "path": "/~1identifier", "value": SSN}],
        [{"op": "add", "path": "", "value": patient()}],
        [{"op": "add", "path": "/contained", "value": [patient()]}],
        [{"op": "add", "path": "/contained/0", "value": patient()}],
    ]
    with world.client() as http:
        for piece in pieces:
            outcome(
                http.patch(
                    "/fhir/Patient/a",
                    content=json.dumps(piece),
                    headers={"Content-Type": "application/json-patch+json"},
                ),
                422,
            )
            data = base64.b64encode(json.dumps(piece).encode()).decode()
            attack = bundle(entry("PATCH", "Patient/a", {"resourceType": "Binary", "data": data}))
            outcome(http.post("/fhir", json=attack, headers=FHIR), 422)
    assert not world.store.received


@pytest.mark.parametrize(
    "text",
    [
        json.dumps(patient()).replace("/", "\\/"),
        json.dumps(patient()).replace("http", "\\u0068ttp"),
        json.dumps(
            {"resourceType": "Observation", "subject": {"identifier": {"system": US_SSN, "value": SSN}}}
        ),
        json.dumps(
            {
                "resourceType": "Observation",
                "subject": {
                    "reference": f"Patient?identifier=http%3A%2F%2Fhl7.org%2Ffhir%2Fsid%2Fus-ssn%7C{SSN}"
                },
            }
        ),
        json.dumps(
            {"resourceType": "Observation", "subject": {"reference": f"Patient?identi%66ier={US_SSN}|{SSN}"}}
        ),
        json.dumps({"resourceType": "Observation", "contained": [patient(id="p")]}),
    ],
)
def test_no_spelling_of_an_identifier_reaches_the_store_in_clear(text: str) -> None:
    world = World()
    kind = json.loads(text)["resourceType"]
    with world.client() as http:
        assert http.post(f"/fhir/{kind}", content=text, headers=FHIR).status_code == 201
    assert SSN.encode() not in world.left_the_process()


def test_the_ciphertext_extension_is_reserved() -> None:
    forged = {
        "system": "urn:x",
        "value": "1",
        "extension": [{"url": "urn:careplane:encrypted-identifier-value", "valueBase64Binary": "AA=="}],
    }
    with World().client() as http:
        outcome(http.post("/fhir/Patient", json=patient(identifier=[forged]), headers=FHIR), 422)


def test_only_known_headers_reach_the_store() -> None:
    world = World()
    with world.client() as http:
        http.get(
            "/fhir/Patient/a",
            headers={"X-Evil": "1", "Cookie": "a=b", "If-None-Match": 'W/"1"', "X-Request-Id": "bad id\t"},
        )
    sent = world.store.received[-1][3]
    assert sent.keys() == {"accept", "if-none-match"}


def test_store_errors_are_outcomes_without_googles_names() -> None:
    world = World()
    world.store.down = True
    with world.client() as http:
        text = outcome(http.get("/fhir/Patient/a"), 503)
    assert "projects/" not in text


@pytest.mark.parametrize("path", ["/fhir/metadata", "/fhir/.well-known/smart-configuration", "/metrics"])
def test_open_addresses_are_open_for_reading_only(path: str) -> None:
    with World().client(None) as http:
        outcome(http.post(path, json={}, headers=FHIR), 401)


@pytest.mark.parametrize("text", ["\\u0000", "\\ud800", "\\uDFFF", "\\ud800\\ud800"])
def test_what_is_no_character_is_refused_before_it_is_sealed(text: str) -> None:
    world = World()
    for where in ("family", "value"):
        names = {"family": "a", "value": SSN, where: text}
        body = (
            f'{{"resourceType":"Patient","name":[{{"family":"{names["family"]}"}}],'
            f'"identifier":[{{"system":"{US_SSN}","value":"{names["value"]}"}}]}}'
        )
        with world.client() as http:
            outcome(http.post("/fhir/Patient", content=body, headers=FHIR), 400)
    assert not world.store.received


def test_surrogate_pairs_and_escaped_backslashes_pass() -> None:
    body = b'{"resourceType":"Patient","name":[{"family":"\\ud83d\\ude00","text":"\\\\u0000"}]}'
    with World().client() as http:
        assert http.post("/fhir/Patient", content=body, headers=FHIR).status_code == 201


@pytest.mark.parametrize("levels", [98, 99, 900])
def test_what_is_written_can_be_read_in_a_bundle(levels: int) -> None:
    body = b'{"resourceType":"Patient","extension":' + b"[" * levels + b"]" * levels + b"}"
    world = World()
    with world.client() as http:
        answer = http.post("/fhir/Patient", content=body, headers=FHIR)
        if levels > 99:
            assert "allowed: 100 levels" in outcome(answer, 400)
        else:
            assert answer.status_code == 201
            assert http.get("/fhir/Patient").status_code == 200


def test_a_conditional_reference_needs_the_scope_to_search_what_it_names() -> None:
    """Else a client that may only write observations could ask whether a patient is known here, and which."""
    world = World()
    seen = {"resourceType": "Observation", "status": "final", "code": {"text": "x"}}
    for reference, needed in (
        (f"Patient?identifier={US_SSN}|{SSN}", "system/Patient.s"),
        ("Group?member:Patient.family=Okafor", "system/Group.s"),
    ):
        document = bundle(entry("POST", "Observation", {**seen, "subject": {"reference": reference}}))
        with world.client("system/Observation.cruds") as http:
            assert needed in outcome(http.post("/fhir", json=document, headers=FHIR), 403)
    assert not world.store.received
    with world.client("system/Observation.cruds system/Patient.s") as http:
        observation = {**seen, "subject": {"reference": "Patient?family=a"}}
        document = bundle(entry("POST", "Observation", observation))
        assert http.post("/fhir", json=document, headers=FHIR).status_code == 200
