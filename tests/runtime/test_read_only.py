"""A tenant that is leaving: it can still be read, and nothing that it is told can be lost afterwards."""

from __future__ import annotations

import json
from argparse import Namespace
from dataclasses import replace
from typing import Any

import pytest

from runtime.cli.clients import COMMANDS, require_writable
from runtime.errors import ReadOnly
from tests.runtime.test_refusals import bundle, entry
from tests.runtime.world import FHIR, World, make_settings, patient

PATCH = {"Content-Type": "application/json-patch+json"}


@pytest.fixture
def world() -> World:
    """With one patient from before."""
    writable = World()
    with writable.client() as http:
        assert http.post("/fhir/Patient", json=patient(), headers=FHIR).status_code == 201
    writable.settings = replace(writable.settings, read_only=True)
    return writable


WRITES: list[tuple[str, str, Any]] = [
    ("POST", "/fhir/Patient", patient()),
    ("PUT", "/fhir/Patient/a", patient(id="a")),
    ("PUT", "/fhir/Patient?family=Okafor", patient()),
    ("PATCH", "/fhir/Patient/a", [{"op": "replace", "path": "/active", "value": True}]),
    ("DELETE", "/fhir/Patient/a", None),
    ("DELETE", "/fhir/Patient?family=Okafor", None),
    ("POST", "/fhir", bundle(entry("POST", "Patient", patient()))),
    ("POST", "/fhir", bundle(entry("GET", "Patient/a"), entry("DELETE", "Patient/a"), kind="batch")),
]


@pytest.mark.parametrize(("method", "path", "body"), WRITES)
def test_every_write_is_refused_before_the_store_hears_of_it(
    world: World, method: str, path: str, body: Any
) -> None:
    with world.client() as http:
        before = len(world.store.received)
        headers = PATCH if method == "PATCH" else FHIR
        content = None if body is None else json.dumps(body)
        answer = http.request(method, path, content=content, headers=headers)
    assert answer.status_code == 503, answer.text
    issue = answer.json()["issue"][0]
    assert issue["code"] == "transient" and "read-only" in issue["diagnostics"]
    assert int(answer.headers["retry-after"]) > 0
    assert len(world.store.received) == before
    assert world.records()[-1].status == 503, "a refused write is in the audit trail"


def test_a_write_that_is_repeated_under_its_key_is_refused_too(world: World) -> None:
    with world.client() as http:
        headers = {**FHIR, "Idempotency-Key": "k"}
        assert http.post("/fhir/Patient", json=patient(), headers=headers).status_code == 503


def test_reads_searches_and_bundles_of_reads_go_on(world: World) -> None:
    with world.client() as http:
        found = http.get("/fhir/Patient").json()
        assert found["entry"][0]["resource"]["name"] == [{"family": "Okafor"}]
        form = {"Content-Type": "application/x-www-form-urlencoded"}
        assert http.post("/fhir/Patient/_search", content="family=Okafor", headers=form).status_code == 200
        identity = found["entry"][0]["resource"]["id"]
        reads = bundle(entry("GET", f"Patient/{identity}"), kind="batch")
        assert http.post("/fhir", json=reads, headers=FHIR).status_code == 200
        assert http.get("/fhir/metadata").status_code == 200
        asked = http.get("/fhir/$export", headers={"Prefer": "respond-async"})
        assert asked.status_code == 202, "its export goes on"


def test_who_may_not_write_is_told_so_and_not_that_it_is_read_only(world: World) -> None:
    with world.client("system/*.rs") as http:
        assert http.post("/fhir/Patient", json=patient(), headers=FHIR).status_code == 403


def test_no_client_is_added_or_given_other_keys_but_one_can_be_revoked() -> None:
    for action in ("add", "rotate"):
        with pytest.raises(ReadOnly, match="read-only"):
            require_writable(replace(make_settings(), read_only=True), Namespace(action=action))
    for action in ("list", "revoke"):
        require_writable(replace(make_settings(), read_only=True), Namespace(action=action))
    for action in COMMANDS:
        require_writable(make_settings(), Namespace(action=action))
