"""Operational tables on a real PostgreSQL, with the roles that Cloud SQL makes."""

from __future__ import annotations

import threading
import time
import uuid
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta

import psycopg
import pytest
from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.x509.oid import NameOID
from sqlalchemy import Engine, inspect, text
from sqlalchemy.exc import OperationalError

from localcloud.postgres.addresses import choose
from localcloud.postgres.server import Server
from runtime.audit.heads import Heads
from runtime.audit.record import Link
from runtime.db.assertions import Assertions
from runtime.db.clients import ClientError, Clients
from runtime.db.data_keys import DataKeyTable
from runtime.db.engine import SCHEMA, WrongDatabase, connector, make_engine, require_own_database
from runtime.db.grants import SHARED, grant
from runtime.db.idempotency import Earlier, IdempotencyKeys
from runtime.db.migrate import migrate
from runtime.db.tables import metadata
from runtime.fields.keys import WrappedKey
from runtime.settings import Database

TENANTS = ("riverside", "lakeside")
ADMIN = "sql-admin@careplane-cell.iam"


def role(tenant: str) -> str:
    return f"tenant-{tenant}@careplane-cell.iam"


@pytest.fixture(scope="module")
def server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Server]:
    home = tmp_path_factory.mktemp("pooled")
    server = Server(home, "pooled", 18, choose(home, "pooled"))
    server.ensure_started()
    server.execute(
        "DO $$BEGIN CREATE ROLE cloudsqlsuperuser CREATEROLE CREATEDB;"
        " EXCEPTION WHEN duplicate_object THEN NULL; END$$"
    )
    for name in (ADMIN, *map(role, TENANTS)):
        server.execute(f"""CREATE ROLE "{name}" LOGIN PASSWORD 'token'""")
    server.execute(f'GRANT cloudsqlsuperuser TO "{ADMIN}"')
    for shared in SHARED:
        server.execute(f"ALTER DATABASE {shared} OWNER TO cloudsqlsuperuser")
    for tenant in TENANTS:
        server.create_database(tenant, "cloudsqlsuperuser")
        server.execute("ALTER SCHEMA public OWNER TO cloudsqlsuperuser", database=tenant)
    yield server
    server.remove()


def database(server: Server, name: str, user: str, ca: str | None = None) -> Database:
    return Database(server.address.host, name, user, server.address.port, ca)


@pytest.fixture(scope="module")
def granted(server: Server) -> Server:
    for _ in range(2):
        for tenant in TENANTS:
            with connector(database(server, tenant, ADMIN), lambda: "token")() as connection:
                grant(connection, tenant, role(tenant))
    return server


@pytest.fixture(scope="module")
def engine(granted: Server) -> Iterator[Engine]:
    engine = make_engine(database(granted, "riverside", role("riverside")), lambda: "token")
    for _ in range(2):
        migrate(engine, "riverside")
    yield engine
    engine.dispose()


def test_the_migration_makes_what_the_code_expects(engine: Engine) -> None:
    found = inspect(engine)
    for table in metadata.sorted_tables:
        columns = {column["name"] for column in found.get_columns(table.name, schema=SCHEMA)}
        assert columns == set(table.columns.keys()), table.name
    from alembic.autogenerate import compare_metadata
    from alembic.migration import MigrationContext

    with engine.connect() as connection:
        assert compare_metadata(MigrationContext.configure(connection), metadata) == []


def test_a_tenants_role_cannot_enter_the_others_database(granted: Server) -> None:
    for tenant, other in (TENANTS, TENANTS[::-1]):
        with pytest.raises(psycopg.OperationalError, match="permission denied for database"):
            connector(database(granted, other, role(tenant)), lambda: "token")()


def test_tenants_cannot_meet_in_the_databases_that_belong_to_none(granted: Server) -> None:
    for tenant in TENANTS:
        for shared in (*SHARED, "template0"):
            with pytest.raises(psycopg.OperationalError, match=r"permission denied|not currently accepting"):
                connector(database(granted, shared, role(tenant)), lambda: "token")()
    with connector(database(granted, "template1", ADMIN), lambda: "token")() as connection:
        assert connection.execute("SELECT 1").fetchone() == (1,)


def test_jobs_of_two_tenants_at_the_same_time_do_not_hinder_each_other(server: Server) -> None:
    failures: list[BaseException] = []

    def job(tenant: str) -> None:
        try:
            for _ in range(10):
                server.execute("GRANT CONNECT ON DATABASE postgres TO PUBLIC")
                with connector(database(server, tenant, ADMIN), lambda: "token")() as connection:
                    grant(connection, tenant, role(tenant))
        except psycopg.errors.InternalError_:
            return  # of this test's own GRANT
        except BaseException as error:
            failures.append(error)

    threads = [threading.Thread(target=job, args=(tenant,)) for tenant in TENANTS]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert not failures
    with connector(database(server, "riverside", ADMIN), lambda: "token")() as connection:
        grant(connection, "riverside", role("riverside"))


def test_the_connection_is_encrypted_and_the_certificate_can_be_required(granted: Server) -> None:
    ca = granted.ca_certificate()
    with connector(database(granted, "riverside", role("riverside"), ca), lambda: "token")() as connection:
        assert connection.pgconn.ssl_in_use


def test_another_authoritys_certificate_is_refused(granted: Server) -> None:
    other = other_authority()
    with pytest.raises(psycopg.OperationalError, match="certificate verify failed"):
        connector(database(granted, "riverside", role("riverside"), other), lambda: "token")()


def test_the_password_is_asked_for_anew_each_time(granted: Server) -> None:
    given = iter(["token", "expired"])
    engine = make_engine(database(granted, "riverside", role("riverside")), lambda: next(given))
    with engine.connect() as connection:
        connection.execute(text("SELECT 1"))
        connection.invalidate()
    with pytest.raises(OperationalError, match="password authentication failed"):
        engine.connect()


def test_the_runtime_accepts_its_own_database_only(granted: Server, engine: Engine) -> None:
    own = database(granted, "riverside", role("riverside"))
    require_own_database(engine, own, "riverside")
    with pytest.raises(WrongDatabase, match="belongs to riverside"):
        require_own_database(engine, own, "lakeside")
    with pytest.raises(WrongDatabase, match="connected to riverside"):
        require_own_database(engine, database(granted, "lakeside", role("riverside")), "riverside")
    with pytest.raises(WrongDatabase, match="belongs to riverside"):
        migrate(engine, "lakeside")


def test_a_superuser_is_refused(granted: Server, engine: Engine) -> None:
    with granted.connect("riverside") as connection:
        connection.execute(f'GRANT USAGE ON SCHEMA {SCHEMA} TO "{ADMIN}"')
        connection.execute(f'GRANT SELECT ON {SCHEMA}.tenant TO "{ADMIN}"')
    admin = database(granted, "riverside", ADMIN)
    administrator = make_engine(admin, lambda: "token")
    with pytest.raises(WrongDatabase, match="superuser"):
        require_own_database(administrator, admin, "riverside")
    administrator.dispose()


def test_clients(engine: Engine) -> None:
    clients = Clients(engine)
    clients.add("a", {"keys": []}, "system/*.rs")
    with pytest.raises(ClientError, match="exists already"):
        clients.add("a", {"keys": []}, "system/*.rs")
    with pytest.raises(ClientError, match="not registered"):
        clients.revoke("b")
    clients.rotate("a", {"keys": [1]})
    clients.revoke("a")
    found = clients.get("a")
    assert found is not None and found.jwks == {"keys": [1]} and found.revoked_at is not None
    assert clients.revoked() == {"a"} and [each.id for each in clients.all()] == ["a"]


def test_an_assertion_is_used_once_by_many_at_a_time(engine: Engine) -> None:
    uses: list[bool] = []
    later = datetime.now(UTC) + timedelta(minutes=5)
    threads = [
        threading.Thread(target=lambda: uses.append(Assertions(engine).use("a", "jti", later)))
        for _ in range(6)
    ]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert sorted(uses) == [False] * 5 + [True]


def test_idempotency_keys(engine: Engine) -> None:
    keys = IdempotencyKeys(engine)
    assert keys.begin("a", "k", "hash") is None
    assert keys.begin("a", "k", "hash") == Earlier("hash", None)
    keys.finish("a", "k", b"answer")
    assert keys.begin("a", "k", "other") == Earlier("hash", b"answer")
    assert keys.begin("b", "k", "hash") is None
    keys.forget("a", "k")
    assert keys.begin("a", "k", "hash") is None


def test_a_request_lost_to_a_kill_may_be_tried_again(engine: Engine) -> None:
    keys = IdempotencyKeys(engine)
    keys.begin("killed", "k", "hash")
    with engine.begin() as connection:
        connection.execute(
            text(
                "UPDATE idempotency_keys SET created_at = now() - interval '6 minutes'"
                " WHERE client_id = 'killed'"
            )
        )
    assert keys.begin("killed", "k", "hash") is None


def test_data_keys(engine: Engine) -> None:
    table = DataKeyTable(engine)
    older, newer = (
        WrappedKey(uuid.uuid4(), b"1", time.time() - 5),
        WrappedKey(uuid.uuid4(), b"2", time.time()),
    )
    for key in (newer, older):
        table.add(key)
    found, other = table.newest(), table.get(older.id)
    assert found is not None and found.id == newer.id
    assert other is not None and other.wrapped == b"1" and abs(other.created - older.created) < 0.001


def test_one_writer_at_a_time_holds_the_head(engine: Engine) -> None:
    heads, order = Heads(engine, "riverside"), []
    first, head = heads.lock()

    def second() -> None:
        connection, seen = heads.lock()
        order.append(seen.sequence)
        connection.close()

    thread = threading.Thread(target=second)
    thread.start()
    time.sleep(0.3)
    assert order == []
    heads.save(first, Link(head.sequence + 1, head.hash, "f" * 64))
    first.close()
    thread.join()
    assert order == [head.sequence + 1]


def other_authority() -> str:
    """A certificate that has signed nothing of the server's."""
    key = ec.generate_private_key(ec.SECP256R1())
    name, now = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, "other")]), datetime.now(UTC)
    made = x509.CertificateBuilder(name, name, key.public_key(), 1, now, now + timedelta(days=1))
    basic = x509.BasicConstraints(ca=True, path_length=None)
    signed = made.add_extension(basic, critical=True).sign(key, hashes.SHA256())
    return signed.public_bytes(serialization.Encoding.PEM).decode()
