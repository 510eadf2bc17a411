"""Clones to a moment, backups, replicas: on the data itself."""

from __future__ import annotations

import time
from datetime import UTC, datetime
from typing import Any

import pytest

from tests.localcloud.run.test_services import eventually
from tests.localcloud.sql.conftest import CloudSql


@pytest.fixture
def source(sql: CloudSql) -> CloudSql:
    sql.insert("source")
    sql.call("POST", "/source/users", {"name": "u", "password": "p"})
    run(sql, "source", "CREATE TABLE marks(text text)")
    return sql


def run(sql: CloudSql, instance: str, statement: str) -> list[Any]:
    with sql.connect(instance, "u", "postgres", password="p") as connection:
        cursor = connection.execute(statement)  # type: ignore[arg-type]
        return cursor.fetchall() if cursor.description else []


def mark(sql: CloudSql, instance: str, text: str) -> str:
    """Commit a marker; a moment after it."""
    run(sql, instance, f"INSERT INTO marks VALUES ('{text}')")
    time.sleep(0.1)
    moment = datetime.now(UTC).isoformat()
    time.sleep(0.1)
    return moment


def marks(sql: CloudSql, instance: str) -> str:
    return "".join(row[0] for row in run(sql, instance, "SELECT text FROM marks ORDER BY text"))


def test_a_clone_lands_on_the_moment_and_can_be_cloned_again(source: CloudSql) -> None:
    moment = mark(source, "source", "A")
    mark(source, "source", "B")
    assert source.clone("source", "second", moment).json()["operationType"] == "CLONE"
    assert marks(source, "second") == "A" and marks(source, "source") == "AB"
    moment = mark(source, "second", "C")
    mark(source, "second", "D")
    assert source.clone("second", "third", moment).status_code == 200
    assert marks(source, "third") == "AC"
    first, second = source.call("GET", "/source"), source.call("GET", "/second")
    assert first["ipAddresses"] != second["ipAddresses"]
    assert first["settings"]["databaseFlags"] == second["settings"]["databaseFlags"]
    assert [user["name"] for user in source.call("GET", "/third/users")["items"]] == ["postgres", "u"]


def test_a_clone_without_a_moment_is_the_present(source: CloudSql) -> None:
    mark(source, "source", "A")
    assert source.clone("source", "present").status_code == 200
    assert marks(source, "present") == "A"


@pytest.mark.parametrize(
    ("moment", "words"),
    [
        ("2999-01-01T00:00:00Z", "in the future"),
        ("2001-01-01T00:00:00Z", "before the earliest"),
        ("2026-01-01T00:00:00", "time zone"),
        ("yesterday", "no timestamp"),
    ],
)
def test_a_moment_that_cannot_be_is_one_clear_refusal(sql: CloudSql, moment: str, words: str) -> None:
    if sql.send("GET", "/bad-moments").status_code == 404:
        sql.insert("bad-moments")
        sql.made.clear()
    answer = sql.clone("bad-moments", "never", moment)
    assert answer.status_code == 400 and words in answer.json()["error"]["message"]
    assert sql.send("GET", "/never").status_code == 404


def test_a_moment_needs_point_in_time_recovery(sql: CloudSql) -> None:
    sql.insert("no-pitr", settings={"backupConfiguration": {"enabled": False}})
    answer = sql.clone("no-pitr", "never", datetime.now(UTC).isoformat())
    assert answer.status_code == 400 and "not enabled" in answer.text


def test_a_backup_is_listed_restored_in_place_and_deleted(source: CloudSql) -> None:
    mark(source, "source", "A")
    backup = source.call("POST", "/source/backupRuns", {})["backupContext"]["backupId"]
    mark(source, "source", "B")
    source.call("POST", "/source/databases", {"name": "later"})
    assert [run["id"] for run in source.call("GET", "/source/backupRuns")["items"]] == [backup]
    source.call("POST", "/source/restoreBackup", {"restoreBackupContext": {"backupRunId": backup}})
    assert marks(source, "source") == "A"
    assert [d["name"] for d in source.call("GET", "/source/databases")["items"]] == ["postgres"]
    source.call("DELETE", f"/source/backupRuns/{backup}")
    answer = source.send("POST", "/source/restoreBackup", {"restoreBackupContext": {"backupRunId": backup}})
    assert answer.status_code == 400 and backup in answer.text


def test_a_replica_follows_and_takes_over(source: CloudSql) -> None:
    replica = source.insert("replica", masterInstanceName="source", region="europe-west4")
    assert replica["instanceType"] == "READ_REPLICA_INSTANCE"
    assert source.call("GET", "/source")["replicaNames"] == ["replica"]
    mark(source, "source", "A")
    assert eventually(lambda: marks(source, "replica") == "A")
    source.call("POST", "/replica/switchover")
    mark(source, "replica", "B")
    assert eventually(lambda: marks(source, "source") == "AB")
    assert source.call("GET", "/source")["masterInstanceName"] == "replica"
    source.call("POST", "/source/promoteReplica")
    mark(source, "source", "C")
    assert marks(source, "source") == "ABC" and marks(source, "replica") == "AB"
    assert "masterInstanceName" not in source.call("GET", "/source")
    assert "replicaNames" not in source.call("GET", "/replica")
