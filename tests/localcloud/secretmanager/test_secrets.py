"""Secret Manager: versions, states, keys, and Google's client."""

from __future__ import annotations

import base64
import uuid
from collections.abc import Iterator
from pathlib import Path

import google_crc32c
import pytest
from google.api_core.exceptions import BadRequest, Forbidden

from localcloud.api import ApiError, Json
from localcloud.cloud import Cloud
from localcloud.policy import bind
from tests.localcloud import google_clients
from tests.localcloud.clouds import local_cloud
from tests.localcloud.harness import call
from tests.localcloud.kms import keys
from tests.localcloud.running import RunningCloud

PROJECT = "projects/careplane-cell"
SECRET = f"{PROJECT}/secrets/session"
_KEY = f"{keys.RING}/cryptoKeys/key"
_AGENT = "serviceAccount:service-123456789012@gcp-sa-secretmanager.iam.gserviceaccount.com"
_SECRETS = "secretmanager.projects.secrets"


@pytest.fixture
def cloud(tmp_path: Path) -> Iterator[Cloud]:
    with local_cloud(tmp_path) as made:
        yield made


def _create(cloud: Cloud, replication: Json | None = None) -> Json:
    sent = {"replication": replication or {"automatic": {}}}
    return call(cloud, f"{_SECRETS}.create", f"{PROJECT}/secrets", sent, query={"secretId": "session"})


def _add(cloud: Cloud, data: bytes) -> Json:
    return call(
        cloud, f"{_SECRETS}.addVersion", SECRET, {"payload": {"data": base64.b64encode(data).decode()}}
    )


def _version(cloud: Cloud, action: str, number: str) -> Json:
    return call(cloud, f"{_SECRETS}.versions.{action}", f"{SECRET}/versions/{number}", {})


def _with_key() -> Json:
    return {
        "automatic": None,
        "userManaged": {
            "replicas": [{"location": "europe-west3", "customerManagedEncryption": {"kmsKeyName": _KEY}}]
        },
    }


def test_versions_are_named_with_the_project_number(cloud: Cloud) -> None:
    _create(cloud)
    assert _add(cloud, b"one")["name"] == "projects/123456789012/secrets/session/versions/1"
    _add(cloud, b"two")
    assert base64.b64decode(_version(cloud, "access", "latest")["payload"]["data"]) == b"two"
    listed = call(cloud, f"{_SECRETS}.versions.list", f"{SECRET}/versions")
    assert [v["name"].rsplit("/")[-1] for v in listed["versions"]] == ["2", "1"] and listed["totalSize"] == 2


def test_only_enabled_versions_can_be_read(cloud: Cloud) -> None:
    _create(cloud)
    _add(cloud, b"one")
    _version(cloud, "disable", "1")
    with pytest.raises(ApiError, match="DISABLED state"):
        _version(cloud, "access", "1")
    _version(cloud, "enable", "1")
    assert _version(cloud, "access", "1")["payload"]


def test_a_destroyed_version_is_gone_from_the_disk(cloud: Cloud) -> None:
    _create(cloud)
    _add(cloud, b"unmistakable payload")
    destroyed = _version(cloud, "destroy", "1")
    assert destroyed["state"] == "DESTROYED" and destroyed["destroyTime"]
    for action in ("access", "enable", "disable"):
        with pytest.raises(ApiError, match="DESTROYED state"):
            _version(cloud, action, "1")
    for file in cloud.settings.home.glob("state.sqlite3*"):
        assert b"unmistakable" not in file.read_bytes(), file


def test_numbers_are_not_used_again(cloud: Cloud) -> None:
    _create(cloud)
    _add(cloud, b"one")
    _version(cloud, "destroy", "1")
    assert _add(cloud, b"two")["name"].endswith("/2")


def test_a_deleted_secret_leaves_no_payload_to_its_successor(cloud: Cloud) -> None:
    _create(cloud)
    _add(cloud, b"old")
    call(cloud, f"{_SECRETS}.delete", SECRET)
    _create(cloud)
    with pytest.raises(ApiError) as error:
        _version(cloud, "access", "latest")
    assert error.value.code == 404


def test_a_key_is_needed_on_create_and_on_use(cloud: Cloud) -> None:
    keys.make_key(cloud)
    with pytest.raises(ApiError, match="cryptoKeyEncrypterDecrypter"):
        _create(cloud, _with_key())
    bind(cloud, "cloudkms", _KEY, "roles/cloudkms.cryptoKeyEncrypterDecrypter", _AGENT)
    _create(cloud, _with_key())
    _add(cloud, b"protected")
    keys.set_state(cloud, "DISABLED")
    with pytest.raises(ApiError, match="is not enabled"):
        _version(cloud, "access", "1")
    with pytest.raises(ApiError, match="is not enabled"):
        _add(cloud, b"more")
    keys.set_state(cloud, "ENABLED")
    assert base64.b64decode(_version(cloud, "access", "1")["payload"]["data"]) == b"protected"


@pytest.mark.parametrize("body", [{}, {"replication": {}}, {"replication": {"automatic": None}}])
def test_replication_must_be_chosen(cloud: Cloud, body: Json) -> None:
    with pytest.raises(ApiError, match="'automatic' or 'userManaged'"):
        call(cloud, f"{_SECRETS}.create", f"{PROJECT}/secrets", body, query={"secretId": "session"})


@pytest.mark.parametrize("data", [b"", bytes(65537)])
def test_payload_sizes(cloud: Cloud, data: bytes) -> None:
    _create(cloud)
    with pytest.raises(ApiError, match="allowed: 1 to 65536"):
        _add(cloud, data)


def test_an_expired_secret_is_not_found(cloud: Cloud) -> None:
    sent = {"replication": {"automatic": {}}, "ttl": "3600s"}
    secret = call(cloud, f"{_SECRETS}.create", f"{PROJECT}/secrets", sent, query={"secretId": "session"})
    assert secret["expireTime"] and "ttl" not in secret
    keys.move_clock(cloud, 4000)
    with pytest.raises(ApiError) as error:
        call(cloud, f"{_SECRETS}.get", SECRET)
    assert error.value.code == 404


class TestGooglesClient:
    """Over HTTP, with tenants' identities."""

    def test_checksums_and_access(self, localcloud: RunningCloud) -> None:
        client = google_clients.secrets(localcloud)
        name = f"s-{uuid.uuid4().hex[:8]}"
        secret = client.create_secret(
            parent=PROJECT, secret_id=name, secret={"replication": {"automatic": {}}}
        )
        version = client.add_secret_version(
            parent=secret.name, payload={"data": b"pepper", "data_crc32c": google_crc32c.value(b"pepper")}
        )
        assert version.client_specified_payload_checksum
        assert client.access_secret_version(name=f"{secret.name}/versions/latest").payload.data == b"pepper"
        with pytest.raises(BadRequest, match="crc32c"):
            client.add_secret_version(parent=secret.name, payload={"data": b"pepper", "data_crc32c": 1})

    def test_another_tenants_account_reads_nothing(self, localcloud: RunningCloud) -> None:
        client = google_clients.secrets(localcloud)
        name = f"s-{uuid.uuid4().hex[:8]}"
        secret = client.create_secret(
            parent=PROJECT, secret_id=name, secret={"replication": {"automatic": {}}}
        ).name
        client.add_secret_version(parent=secret, payload={"data": b"mine"})
        mine, other = (
            f"serviceAccount:{t}@careplane-cell.iam.gserviceaccount.com" for t in ("tenant-a", "tenant-b")
        )
        client.set_iam_policy(
            request={
                "resource": secret,
                "policy": {"bindings": [{"role": "roles/secretmanager.secretAccessor", "members": [mine]}]},
            }
        )
        owner = google_clients.secrets(localcloud, localcloud.token(mine, "careplane-cell"))
        assert owner.access_secret_version(name=f"{secret}/versions/1").payload.data == b"mine"
        attacker = google_clients.secrets(localcloud, localcloud.token(other, "careplane-cell"))
        for attack in (
            lambda: attacker.access_secret_version(name=f"{secret}/versions/1"),
            lambda: attacker.get_secret(name=secret),
            lambda: attacker.add_secret_version(parent=secret, payload={"data": b"x"}),
            lambda: owner.destroy_secret_version(name=f"{secret}/versions/1"),
        ):
            with pytest.raises(Forbidden):
                attack()

    def test_payloads_are_in_no_log(self, fresh_localcloud: RunningCloud) -> None:
        client = google_clients.secrets(fresh_localcloud)
        secret = client.create_secret(
            parent=PROJECT, secret_id="s", secret={"replication": {"automatic": {}}}
        ).name
        client.add_secret_version(parent=secret, payload={"data": b"never-to-be-logged"})
        client.access_secret_version(name=f"{secret}/versions/1")
        logged = fresh_localcloud.log.read_bytes()
        assert b"never-to-be-logged" not in logged
        assert base64.b64encode(b"never-to-be-logged") not in logged
