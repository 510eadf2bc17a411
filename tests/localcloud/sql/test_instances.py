"""Instances through the Admin API."""

from __future__ import annotations

from collections.abc import Iterator

import psycopg
import pytest

from tests.localcloud.run.test_services import eventually
from tests.localcloud.running import RunningCloud
from tests.localcloud.sql.conftest import CloudSql, prepare

NETWORK = "projects/sql-tests/global/networks/nowhere"


@pytest.fixture(scope="module")
def steady(localcloud: RunningCloud) -> Iterator[CloudSql]:
    """An instance `steady` with the user `u`, for the tests that leave it running."""
    sql = prepare(localcloud)
    sql.insert("steady", settings={"databaseFlags": [{"name": "work_mem", "value": "5MB"}]})
    sql.call("POST", "/steady/users", {"name": "u", "password": "p"})
    yield sql
    sql.close()


def in_steady(sql: CloudSql) -> psycopg.Connection[tuple[object, ...]]:
    return sql.connect("steady", "u", "postgres", password="p")


def test_an_instance_has_googles_defaults_and_what_was_asked_for(sql: CloudSql) -> None:
    body = sql.insert("plain", settings={"userLabels": {"tenant": "t"}})
    settings = body["settings"]
    assert settings["userLabels"] == {"tenant": "t"} and settings["settingsVersion"] == "1"
    assert settings["activationPolicy"] == "ALWAYS" and settings["pricingPlan"] == "PER_USE"
    assert body["state"] == "RUNNABLE" and body["connectionName"] == "sql-tests:europe-west3:plain"
    assert "BEGIN CERTIFICATE" in body["serverCaCert"]["cert"]
    names = [user["name"] for user in sql.call("GET", "/plain/users")["items"]]
    assert names == ["postgres"]
    assert sql.call("GET", "/plain/listServerCas")["certs"] == [body["serverCaCert"]]


def test_update_merges_and_patch_merges_deeply(steady: CloudSql) -> None:
    steady.call("PUT", "/steady", {"settings": {"tier": "db-custom-2-7680", "maintenanceWindow": {"day": 7}}})
    body = steady.call("GET", "/steady")
    assert body["databaseVersion"] == "POSTGRES_17" and body["settings"]["tier"] == "db-custom-2-7680"
    assert body["settings"]["ipConfiguration"]["sslMode"] == "ENCRYPTED_ONLY"
    steady.call("PATCH", "/steady", {"settings": {"maintenanceWindow": {"hour": 3}}})
    assert steady.call("GET", "/steady")["settings"]["maintenanceWindow"] == {"day": 7, "hour": 3}
    stale = {"settings": {"settingsVersion": "1", "tier": "x"}}
    assert steady.send("PATCH", "/steady", stale).status_code == 412


def test_a_flag_reaches_postgresql(steady: CloudSql) -> None:
    with in_steady(steady) as connection:
        assert connection.execute("SHOW work_mem").fetchone() == ("5MB",)
    changed = {"databaseFlags": [{"name": "temp_buffers", "value": "900"}]}
    steady.call("PATCH", "/steady", {"settings": changed})
    with in_steady(steady) as connection:
        assert connection.execute("SHOW temp_buffers").fetchone() == ("7200kB",)
        assert connection.execute("SHOW work_mem").fetchone() != ("5MB",)
    restored = {"databaseFlags": [{"name": "work_mem", "value": "5MB"}]}
    steady.call("PATCH", "/steady", {"settings": restored})


@pytest.mark.parametrize(
    ("change", "words"),
    [
        ({"name": "Bad_Name"}, "instance name"),
        ({"databaseVersion": "MYSQL_8_0"}, "POSTGRES_17"),
        ({"settings": {"databaseFlags": [{"name": "no_such_flag", "value": "1"}]}}, "no_such_flag"),
        ({"settings": {"databaseFlags": [{"name": "work_mem", "value": "lots"}]}}, "work_mem"),
        ({"settings": {"ipConfiguration": {"ipv4Enabled": False}}}, "privateNetwork"),
        (
            {"settings": {"ipConfiguration": {"ipv4Enabled": False, "privateNetwork": NETWORK}}},
            "private services",
        ),
        ({"masterInstanceName": "nobody"}, "nobody"),
    ],
)
def test_a_wrong_instance_is_refused_in_one_sentence_and_leaves_nothing(
    sql: CloudSql, change: dict[str, object], words: str
) -> None:
    name = str(change.get("name", "wrong"))
    answer = sql.send("POST", "", sql.body(name, **{k: v for k, v in change.items() if k != "name"}))
    assert answer.status_code in (400, 404) and words in answer.json()["error"]["message"]
    assert sql.send("GET", f"/{name}").status_code == 404


def test_a_protected_instance_and_a_primary_with_replicas_are_not_deleted(sql: CloudSql) -> None:
    sql.insert("kept", settings={"deletionProtectionEnabled": True})
    answer = sql.send("DELETE", "/kept")
    assert answer.status_code == 400 and "deletion protection" in answer.text
    sql.call("PATCH", "/kept", {"settings": {"deletionProtectionEnabled": False}})
    sql.insert("kept-replica", masterInstanceName="kept")
    assert "replicas" in sql.send("DELETE", "/kept").text
    sql.call("DELETE", "/kept-replica")
    sql.call("DELETE", "/kept")
    assert sql.send("GET", "/kept").status_code == 404


def test_update_that_leaves_protection_out_lifts_it(sql: CloudSql) -> None:
    """Google's typed clients never send a false flag."""
    sql.insert("lifted", settings={"deletionProtectionEnabled": True})
    sql.call("PUT", "/lifted", {"settings": {"tier": "db-custom-1-3840"}})
    sql.call("DELETE", "/lifted")


def test_two_instances_of_one_name_conflict(steady: CloudSql) -> None:
    assert steady.send("POST", "", steady.body("steady")).status_code == 409


def test_a_fault_stops_the_instance_and_its_end_brings_it_back(steady: CloudSql) -> None:
    def reachable() -> bool:
        try:
            in_steady(steady).close()
        except psycopg.OperationalError:
            return False
        return True

    fault = {"kind": "instance-killed", "target": "projects/sql-tests/instances/steady"}
    assert reachable()
    steady.cloud.control("POST", "/faults", fault)
    assert eventually(lambda: not reachable())
    steady.cloud.control("DELETE", "/faults", fault)
    assert eventually(reachable)


@pytest.mark.parametrize("target", ["projects/sql-tests/instances/steady", "steady"])
def test_a_cut_network_drops_the_clients_of_an_instance_that_runs_on(steady: CloudSql, target: str) -> None:
    begun = "SELECT pg_postmaster_start_time()"
    connection = in_steady(steady)
    before = connection.execute(begun).fetchone()
    fault = {"kind": "network-cut", "target": target}
    steady.cloud.control("POST", "/faults", fault)
    with pytest.raises(psycopg.OperationalError):
        connection.execute(begun)
    connection.close()
    with pytest.raises(psycopg.OperationalError, match="refused"):
        in_steady(steady)
    assert steady.call("GET", "/steady")["state"] == "RUNNABLE"
    steady.cloud.control("DELETE", "/faults", fault)
    with in_steady(steady) as connection:
        assert connection.execute(begun).fetchone() == before


def test_instances_come_back_with_their_data_after_kill_9_of_localcloud(fresh_sql: CloudSql) -> None:
    sql = fresh_sql
    before = sql.insert("back")
    sql.call("POST", "/back/users", {"name": "u", "password": "p"})
    with sql.connect("back", "u", "postgres", password="p") as connection:
        connection.execute("CREATE TABLE t AS SELECT 1 AS x")
    sql.cloud.stop(9)
    sql.cloud.start()
    assert sql.call("GET", "/back")["ipAddresses"] == before["ipAddresses"]
    with sql.connect("back", "u", "postgres", password="p") as connection:
        assert connection.execute("SELECT x FROM t").fetchone() == (1,)


def test_disabling_its_key_stops_an_instance_and_enabling_it_brings_it_back(sql: CloudSql) -> None:
    cloud, ring = sql.cloud, "projects/sql-tests/locations/europe-west3/keyRings/sql"
    key = f"{ring}/cryptoKeys/instance"
    cloud.request("cloudkms", "POST", f"/v1/{ring.rpartition('/')[0]}", {}, params={"keyRingId": "sql"})
    cloud.request(
        "cloudkms",
        "POST",
        f"/v1/{ring}/cryptoKeys",
        {"purpose": "ENCRYPT_DECRYPT"},
        params={"cryptoKeyId": "instance"},
    )
    encrypted = {"diskEncryptionConfiguration": {"kmsKeyName": key}}
    refused = sql.send("POST", "", sql.body("locked", **encrypted))
    assert refused.status_code == 403 and key in refused.text
    number = cloud.request("cloudresourcemanager", "GET", "/v1/projects/sql-tests").json()["projectNumber"]
    agent = f"serviceAccount:service-{number}@gcp-sa-cloud-sql.iam.gserviceaccount.com"
    binding = {"role": "roles/cloudkms.cryptoKeyEncrypterDecrypter", "members": [agent]}
    cloud.request("cloudkms", "POST", f"/v1/{key}:setIamPolicy", {"policy": {"bindings": [binding]}})
    assert sql.insert("locked", **encrypted)["state"] == "RUNNABLE"
    version = f"/v1/{key}/cryptoKeyVersions/1"
    cloud.request("cloudkms", "PATCH", version, {"state": "DISABLED"}, params={"updateMask": "state"})
    body = sql.call("GET", "/locked")
    assert body["state"] == "SUSPENDED" and body["suspensionReason"] == ["KMS_KEY_ISSUE"]
    assert sql.send("POST", "/locked/databases", {"name": "d"}).status_code == 412
    cloud.request("cloudkms", "PATCH", version, {"state": "ENABLED"}, params={"updateMask": "state"})
    assert sql.call("GET", "/locked")["state"] == "RUNNABLE"
    sql.call("POST", "/locked/databases", {"name": "d"})
