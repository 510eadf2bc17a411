from __future__ import annotations

from collections.abc import Callable, Iterator

import pytest

from runtime.fhir.config import StoreConfig
from runtime.fhir.service import FhirService
from tests.runtime.fhir.client import Client
from tests.runtime.fhir.postgres import TestServer, running_server

ClientFactory = Callable[..., Client]


@pytest.fixture(scope="session")
def postgres() -> Iterator[TestServer]:
    with running_server() as server:
        yield server


@pytest.fixture
def fhir_factory(postgres: TestServer) -> Iterator[ClientFactory]:
    """Make a client of a new, empty store; the store is closed when the test ends."""
    opened: list[FhirService] = []

    def make(**config: bool) -> Client:
        dsn = postgres.create()
        opened.append(FhirService(dsn, "http://store.test/fhir", StoreConfig(**config)).open())
        return Client(opened[-1], dsn)

    yield make
    for service in opened:
        service.close()
