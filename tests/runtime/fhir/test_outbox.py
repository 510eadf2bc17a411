"""Each change is announced at least once, in order, and none is lost."""

from __future__ import annotations

import pytest

from runtime.fhir.config import StoreConfig
from runtime.fhir.outbox import Notice
from runtime.fhir.service import FhirService
from tests.runtime.fhir.client import Client
from tests.runtime.fhir.conftest import ClientFactory
from tests.runtime.fhir.postgres import TestServer

PATIENT = {"resourceType": "Patient", "id": "a"}


def test_changes_are_handed_over_in_order_and_once(fhir_factory: ClientFactory) -> None:
    client = fhir_factory(notify=True)
    client.json("PUT", "Patient/a", PATIENT, 201)
    client.json("PUT", "Patient/a", {**PATIENT, "gender": "male"}, 200)
    client.send("DELETE", "Patient/a")
    client.refusal("POST", "Patient", {"resourceType": "Observation"})
    seen: list[Notice] = []
    assert client.service.drain(seen.extend) == 3
    assert [(n.action, n.version) for n in seen] == [
        ("CreateResource", 1),
        ("UpdateResource", 2),
        ("DeleteResource", 3),
    ]
    assert [n.resource and b"gender" in n.resource for n in seen] == [False, True, None]
    assert client.service.drain(seen.extend) == 0


def test_what_could_not_be_published_stays(fhir_factory: ClientFactory) -> None:
    client = fhir_factory(notify=True)
    client.json("PUT", "Patient/a", PATIENT, 201)

    def fail(notices: list[Notice]) -> None:
        raise ConnectionError("the topic is gone")

    with pytest.raises(ConnectionError):
        client.service.drain(fail)
    assert client.service.drain(lambda notices: None) == 1


def test_the_outbox_survives_a_new_start(postgres: TestServer) -> None:
    dsn = postgres.create()
    calls: list[int] = []
    with FhirService(
        dsn, "http://s/fhir", StoreConfig(notify=True), on_change=lambda: calls.append(1)
    ) as service:
        Client(service, dsn).json("PUT", "Patient/a", PATIENT, 201)
    with FhirService(dsn, "http://s/fhir", StoreConfig(notify=True)) as service:
        assert service.drain(lambda notices: None) == 1
    assert calls == [1]
