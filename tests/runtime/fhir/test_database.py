"""Whom the store opens for."""

from __future__ import annotations

import psycopg
import pytest

from runtime.fhir.database import Database, UnsafeRole
from runtime.fhir.errors import TooBusy, TooCostly
from runtime.fhir.service import FhirService
from tests.runtime.fhir.client import Client
from tests.runtime.fhir.postgres import TestServer, running_server


def test_a_superuser_is_refused(postgres: TestServer) -> None:
    with pytest.raises(UnsafeRole, match="'postgres' is a PostgreSQL superuser"):
        FhirService(postgres.admin_dsn(), "http://s/fhir").open()


def test_opening_twice_keeps_what_is_there(postgres: TestServer) -> None:
    dsn = postgres.create()
    with FhirService(dsn, "http://s/fhir"), FhirService(dsn, "http://s/fhir"):
        pass


def test_lost_connections_are_replaced(postgres: TestServer) -> None:
    dsn = postgres.create()
    with FhirService(dsn, "http://s/fhir") as service:
        client = Client(service, dsn)
        for _ in range(3):
            with psycopg.connect(postgres.admin_dsn(), autocommit=True) as admin:
                admin.execute(
                    "SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE datname = %s",
                    (dsn.rpartition("=")[2],),
                )
            client.create({"resourceType": "Patient"})
            assert client.found("Patient")


def test_a_server_that_is_gone_is_a_503() -> None:
    with running_server() as server:
        dsn = server.create()
        service = FhirService(dsn, "http://s/fhir", timeout=1).open()
    try:
        assert Client(service, dsn).refusal("GET", "Patient/a")[:2] == (503, "transient")
    finally:
        service.close()


def test_a_statement_that_takes_too_long_ends(postgres: TestServer, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("runtime.fhir.database._SETTINGS", "-c statement_timeout=100")
    database = Database(postgres.create())
    database._pool.open()
    try:
        with pytest.raises(TooCostly):
            database.read(lambda conn: conn.execute("SELECT pg_sleep(5)"))
        with pytest.raises(TooBusy):
            database.write(lambda conn: conn.execute("SELECT pg_sleep(5)"))
    finally:
        database.close()
