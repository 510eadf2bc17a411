"""Two pooled tenants in one instance: kept apart by the grants that a cell administrator makes."""

from __future__ import annotations

from collections.abc import Iterator

import psycopg
import pytest

from tests.localcloud.running import RunningCloud
from tests.localcloud.sql.conftest import PROJECT, CloudSql, prepare


@pytest.fixture(scope="module")
def pooled(localcloud: RunningCloud) -> Iterator[CloudSql]:
    """One instance for all tests here: each leaves the tenants and their databases as they were."""
    sql = prepare(localcloud)
    sql.insert("pooled")
    for letter in "ab":
        sql.call("POST", "/pooled/databases", {"name": letter})
        sql.user("pooled", f"tenant-{letter}")
    admin = sql.user("pooled", "sql-admin", "cloudsqlsuperuser")
    with sql.connect("pooled", admin, "postgres") as connection:
        for letter in "ab":
            connection.execute(f"REVOKE CONNECT ON DATABASE {letter} FROM PUBLIC")
            connection.execute(f'GRANT ALL ON DATABASE {letter} TO "tenant-{letter}@{PROJECT}.iam"')
    yield sql
    sql.close()


def refused(sql: CloudSql, user: str, database: str, **more: str) -> str:
    with pytest.raises(psycopg.OperationalError) as error:
        sql.connect("pooled", user, database, **more)
    return str(error.value)


def test_a_tenant_reaches_its_own_database_only_and_with_its_own_live_token_only(pooled: CloudSql) -> None:
    a, b = f"tenant-a@{PROJECT}.iam", f"tenant-b@{PROJECT}.iam"
    with pooled.connect("pooled", a, "a") as connection:
        connection.execute("CREATE SCHEMA app CREATE TABLE t(x int)")
    assert "permission denied for database" in refused(pooled, a, "b")
    assert "permission denied for database" in refused(pooled, b, "a")
    assert "authentication failed" in refused(pooled, a, "a", password=pooled.token(b))
    assert "authentication failed" in refused(pooled, a, "a", password="nonsense")
    expired = pooled.cloud.control(
        "POST", "/tokens", {"member": f"serviceAccount:{a}.gserviceaccount.com", "seconds": 0}
    )["token"]
    assert "authentication failed" in refused(pooled, a, "a", password=expired)
    assert "encrypted" in refused(pooled, a, "a", sslmode="disable")


def test_a_token_without_the_role_to_log_in_is_refused(pooled: CloudSql) -> None:
    stranger = pooled.user("pooled", "stranger")
    assert "authentication failed" in refused(pooled, stranger, "postgres")


def test_users_made_through_the_api_have_googles_roles(pooled: CloudSql) -> None:
    pooled.call("POST", "/pooled/users", {"name": "built", "password": "p"})
    query = (
        "SELECT pg_has_role('built', 'cloudsqlsuperuser', 'member'), "
        "pg_has_role(%s, 'cloudsqlsuperuser', 'member')"
    )
    with pooled.connect("pooled", "built", "postgres", password="p") as connection:
        assert connection.execute(query, (f"tenant-a@{PROJECT}.iam",)).fetchone() == (True, False)
        owner = connection.execute(
            "SELECT datdba::regrole::text FROM pg_database WHERE datname = 'a'"
        ).fetchone()
        assert owner == ("cloudsqlsuperuser",)
        superusers = connection.execute("SELECT rolname FROM pg_roles WHERE rolsuper").fetchall()
        assert superusers == [("cloudsqladmin",)]


def test_users_and_databases_are_listed_changed_and_deleted(pooled: CloudSql) -> None:
    users = pooled.call("GET", "/pooled/users")["items"]
    kinds = {user["name"]: user.get("type", "BUILT_IN") for user in users}
    assert kinds["postgres"] == "BUILT_IN"
    assert kinds[f"tenant-a@{PROJECT}.iam"] == "CLOUD_IAM_SERVICE_ACCOUNT"
    pooled.call("POST", "/pooled/users", {"name": "u", "password": "p"})
    pooled.call("PUT", "/pooled/users", {"password": "q"}, name="u", host="")
    pooled.connect("pooled", "u", "postgres", password="q").close()
    pooled.call("DELETE", "/pooled/users", name="u", host="")
    assert pooled.send("DELETE", "/pooled/users", name="u").status_code == 404
    pooled.call("POST", "/pooled/databases", {"name": "c"})
    names = {d["name"] for d in pooled.call("GET", "/pooled/databases")["items"]}
    assert names == {"a", "b", "c", "postgres"}
    pooled.call("DELETE", "/pooled/databases/c")
    assert pooled.send("GET", "/pooled/databases/c").status_code == 404


@pytest.mark.parametrize(
    ("body", "words"),
    [
        ({"name": "cloudsqladmin"}, "reserved"),
        ({"name": "x", "type": "ODD"}, "BUILT_IN"),
        (
            {"name": "x@p.iam.gserviceaccount.com", "type": "CLOUD_IAM_SERVICE_ACCOUNT"},
            ".gserviceaccount.com",
        ),
        ({"name": "x@p.iam", "type": "CLOUD_IAM_SERVICE_ACCOUNT", "databaseRoles": ["nothing"]}, "nothing"),
    ],
)
def test_a_wrong_user_is_refused(pooled: CloudSql, body: dict[str, object], words: str) -> None:
    answer = pooled.send("POST", "/pooled/users", body)
    assert answer.status_code == 400 and words in answer.json()["error"]["message"]
