"""The tenant's own audit trail over its endpoint: searched, never changed, and each look at it recorded."""

from __future__ import annotations

from typing import Any

import pytest

from runtime.audit.record import GENESIS, Link, next_link
from tests.runtime.test_audit import consume, extensions, record
from tests.runtime.world import FHIR, World, patient

URL = "https://riverside.example.org"


@pytest.fixture
def world() -> World:
    """With three events in its trail and a patient in its records."""
    made = World()
    made.audit_store.addresses = ("https://store.internal/fhir",)
    consume(made, [record(id=f"r-{n}", references=("Patient/p",)).canonical().encode() for n in range(3)])
    with made.client() as http:
        assert http.put("/fhir/Patient/p", json=patient(id="p"), headers=FHIR).status_code == 201
    return made


def test_every_event_comes_with_its_record_and_its_place_page_by_page(world: World) -> None:
    found: list[dict[str, Any]] = []
    with world.client("system/AuditEvent.rs") as http:
        following: str | None = f"{URL}/audit/AuditEvent?_count=2"
        while following:
            assert following.startswith(f"{URL}/audit/AuditEvent")
            answer = http.get(following)
            assert answer.status_code == 200, answer.text
            found += [each["resource"] for each in answer.json()["entry"]]
            links = {link["relation"]: link["url"] for link in answer.json()["link"]}
            following = links.get("next")
    head = GENESIS
    for number, event in enumerate(found):
        told = extensions(event)
        head = next_link(head, record(id=f"r-{number}", references=("Patient/p",)))
        assert Link(int(told["sequence"]), told["previous"], told["hash"]) == head
        assert event["entity"][0]["what"]["reference"] == f"{URL}/fhir/Patient/p"
    assert head.sequence == 3


def test_a_look_at_the_trail_is_in_the_trail_without_what_it_saw(world: World) -> None:
    with world.client() as http:
        assert http.get("/audit/AuditEvent?_count=100").status_code == 200
    last = world.records()[-1]
    assert (last.interaction, last.type, last.status, last.client) == (
        "search-type", "AuditEvent", 200, "app",
    )  # fmt: skip
    assert last.parameters == ("_count",) and last.references == ()


def test_without_a_token_or_with_one_for_other_types_nothing_is_told(world: World) -> None:
    before = len(world.audit_store.received)
    with world.client(None) as http:
        assert http.get("/audit/AuditEvent").status_code == 401
    for scope, query in (("system/Patient.rs", ""), ("system/AuditEvent.rs", "?_include=*")):
        with world.client(scope) as http:
            assert http.get(f"/audit/AuditEvent{query}").status_code == 403
    assert len(world.audit_store.received) == before


@pytest.mark.parametrize("method", ["POST", "PUT", "PATCH", "DELETE"])
def test_it_takes_nothing(world: World, method: str) -> None:
    before = len(world.audit_store.received)
    with world.client() as http:
        answer = http.request(method, "/audit/AuditEvent?_id=x", json={"resourceType": "AuditEvent"})
        assert answer.status_code == 405, answer.text
        assert http.get("/audit/Basic").status_code == 404
        assert http.get("/audit/AuditEvent/r-0").status_code == 404
    assert len(world.audit_store.received) == before


def test_a_store_that_does_not_answer_is_told_and_recorded(world: World) -> None:
    world.audit_store.down = True
    with world.client() as http:
        assert http.get("/audit/AuditEvent").status_code == 503
    assert world.records()[-1].status == 503
