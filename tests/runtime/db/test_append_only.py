"""The audit trail of profile `private` on a real PostgreSQL: its own runtime can add to it, and no more."""

from __future__ import annotations

import json
from collections.abc import Iterator

import psycopg
import pytest
from psycopg.conninfo import make_conninfo

from localcloud.postgres.addresses import choose
from localcloud.postgres.server import Server
from runtime.db.append_only import BEFORE, bring_over, grant_append
from runtime.db.engine import connector, target
from runtime.db.grants import FHIR_SCHEMA, SHARED, grant
from runtime.fhir.config import StoreConfig
from runtime.fhir.messages import FhirRequest
from runtime.fhir.service import FhirService
from runtime.settings import Database

ADMIN = "sql-admin@careplane-cell.iam"
RUNTIME, OTHER = "tenant-riverside@careplane-cell.iam", "tenant-lakeside@careplane-cell.iam"
HEADERS = {"Content-Type": "application/fhir+json"}


@pytest.fixture(scope="module")
def server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Server]:
    home = tmp_path_factory.mktemp("audit")
    server = Server(home, "audit", 18, choose(home, "audit"))
    server.ensure_started()
    server.execute("CREATE ROLE cloudsqlsuperuser CREATEROLE CREATEDB")
    for name in (ADMIN, RUNTIME, OTHER):
        server.execute(f"""CREATE ROLE "{name}" LOGIN PASSWORD 'token'""")
    server.execute(f'GRANT cloudsqlsuperuser TO "{ADMIN}"')
    for shared in SHARED:
        server.execute(f"ALTER DATABASE {shared} OWNER TO cloudsqlsuperuser")
    yield server
    server.remove()


def database(server: Server, name: str, user: str) -> Database:
    return Database(server.address.host, name, user, server.address.port)


def made(server: Server, name: str) -> str:
    server.create_database(name, "cloudsqlsuperuser")
    server.execute("ALTER SCHEMA public OWNER TO cloudsqlsuperuser", database=name)
    return name


def give(server: Server, name: str, admin: str = ADMIN) -> list[str]:
    with connector(database(server, name, admin), lambda: "token")() as connection:
        return grant_append(connection, name, RUNTIME)


def store(server: Server, name: str) -> FhirService:
    dsn = make_conninfo(**target(database(server, name, RUNTIME)))
    config = StoreConfig(strict_search=True)
    return FhirService(dsn, "https://store.internal/fhir", config, password=lambda: "token")


def add(service: FhirService, number: int) -> str:
    """An AuditEvent by its record's number; its id."""
    tag = {"system": "urn:careplane:audit:record", "code": str(number)}
    event = {"resourceType": "AuditEvent", "meta": {"tag": [tag]}, "recorded": "2026-11-20T00:00:00Z"}
    answer = service.handle(FhirRequest("POST", "AuditEvent", [], HEADERS, json.dumps(event).encode()))
    assert answer.status == 201, answer.body
    return str(json.loads(answer.body)["id"])


def found(service: FhirService, number: int) -> int:
    answer = service.handle(FhirRequest("GET", "AuditEvent", [("_tag", str(number))], {}))
    return len(json.loads(answer.body).get("entry", []))


@pytest.fixture(scope="module")
def trail(server: Server) -> str:
    name = made(server, "riverside-audit")
    for _ in range(2):
        give(server, name)
    with store(server, name) as service:
        add(service, 1)
        assert found(service, 1) == 1
    return name


FORBIDDEN = [
    "UPDATE fhir.resource SET body = ''",
    "UPDATE fhir.token SET code = 'x'",
    "DELETE FROM fhir.resource",
    "DELETE FROM fhir.history",
    "DELETE FROM fhir.token",
    "TRUNCATE fhir.resource",
    "TRUNCATE fhir.resource, fhir.history, fhir.token",
    "SELECT * FROM fhir.resource FOR UPDATE",
    "INSERT INTO fhir.resource SELECT * FROM fhir.resource ON CONFLICT (rid) DO UPDATE SET body = ''",
    "INSERT INTO fhir.resource SELECT * FROM fhir.resource",
    "MERGE INTO fhir.resource r USING fhir.resource s ON r.rid = s.rid WHEN MATCHED THEN DELETE",
    "ALTER TABLE fhir.resource DISABLE TRIGGER ALL",
    "ALTER TABLE fhir.resource OWNER TO CURRENT_USER",
    "DROP TABLE fhir.resource",
    "DROP SCHEMA fhir CASCADE",
    "ALTER SCHEMA fhir RENAME TO gone",
    'DROP DATABASE "riverside-audit"',
    "CREATE RULE r AS ON INSERT TO fhir.resource DO INSTEAD NOTHING",
    "CREATE TRIGGER t BEFORE INSERT ON fhir.resource FOR EACH ROW"
    " EXECUTE FUNCTION suppress_redundant_updates_trigger()",
    "CREATE TABLE fhir.evil (a int)",
    "CREATE TABLE public.evil (a int)",
    "CREATE TEMP TABLE resource (a int)",
    "CREATE SCHEMA evil",
    "SELECT setval('fhir.resource_rid', 1)",
    "INSERT INTO fhir.about VALUES (2)",
    "GRANT UPDATE ON fhir.resource TO CURRENT_USER",
    f'SET ROLE "{ADMIN}"',
    "SET ROLE cloudsqlsuperuser",
    "SET session_replication_role = replica",
]


@pytest.mark.parametrize("statement", FORBIDDEN)
def test_the_runtime_changes_nothing_that_is_written(server: Server, trail: str, statement: str) -> None:
    with connector(database(server, trail, RUNTIME), lambda: "token")() as connection:
        connection.autocommit = True
        if statement.startswith("GRANT"):
            # Only a warning: what one does not have cannot be handed on.
            connection.execute(statement)  # type: ignore[call-overload]
            query = "SELECT has_table_privilege('fhir.resource', 'UPDATE')"
            assert connection.execute(query).fetchone() == (False,)
            return
        with pytest.raises(psycopg.Error):
            connection.execute(statement)  # type: ignore[call-overload]
    with store(server, trail) as service:
        assert found(service, 1) == 1


@pytest.mark.parametrize("verb", ["PUT", "DELETE"])
def test_the_store_itself_can_only_add(server: Server, trail: str, verb: str) -> None:
    with store(server, trail) as service:
        identity = add(service, 2)
        body = json.dumps({"resourceType": "AuditEvent", "id": identity}).encode()
        request = FhirRequest(verb, f"AuditEvent/{identity}", [], HEADERS, body if verb == "PUT" else b"")
        with pytest.raises(psycopg.errors.InsufficientPrivilege):
            service.handle(request)
        assert found(service, 2) >= 1


def test_another_tenant_does_not_even_connect(server: Server, trail: str) -> None:
    with pytest.raises(psycopg.OperationalError, match="permission denied for database"):
        connector(database(server, trail, OTHER), lambda: "token")()


def test_the_trail_outlives_the_administrator_who_made_it(server: Server) -> None:
    name, first = made(server, "kept-audit"), "first-admin@careplane-cell.iam"
    server.execute(f"""CREATE ROLE "{first}" LOGIN PASSWORD 'token' IN ROLE cloudsqlsuperuser""")
    give(server, name, first)
    with store(server, name) as service:
        add(service, 1)
    server.execute(f'DROP ROLE "{first}"')
    give(server, name)
    with store(server, name) as service:
        assert found(service, 1) == 1


def test_what_an_earlier_release_wrote_is_brought_over_and_then_safe(server: Server) -> None:
    name = made(server, "old-audit")
    with connector(database(server, name, ADMIN), lambda: "token")() as connection:
        grant(connection, name, RUNTIME, ("careplane", FHIR_SCHEMA))
    with store(server, name) as service:
        old = [add(service, number) for number in range(10, 13)]
    assert f"ALTER SCHEMA {FHIR_SCHEMA} RENAME TO {BEFORE}" in give(server, name)
    give(server, name)  # again, as a job that is tried twice
    with connector(database(server, name, RUNTIME), lambda: "token")() as connection:
        assert bring_over(connection) == 3
        assert bring_over(connection) == 0
    assert f"DROP SCHEMA {BEFORE}" in give(server, name)
    with store(server, name) as service:
        new = add(service, 13)
        assert [found(service, number) for number in range(10, 14)] == [1, 1, 1, 1]
    with connector(database(server, name, RUNTIME), lambda: "token")() as connection:
        rows = connection.execute("SELECT id FROM fhir.resource ORDER BY rid").fetchall()
        assert [row[0] for row in rows] == [*old, new]
        for statement in ("UPDATE fhir.resource SET body = ''", "CREATE TABLE careplane.evil (a int)"):
            with pytest.raises(psycopg.errors.InsufficientPrivilege):
                connection.execute(statement)  # type: ignore[call-overload]
            connection.rollback()
