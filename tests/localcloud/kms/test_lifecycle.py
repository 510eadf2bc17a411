"""Keys over time: rotation, disabling, destruction, and who is told."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from localcloud import cmek
from localcloud.api import ApiError
from localcloud.cloud import Cloud
from localcloud.kms import material, versions
from localcloud.policy import bind
from localcloud.timestamps import stamp_seconds
from tests.localcloud.clouds import local_cloud
from tests.localcloud.harness import call
from tests.localcloud.kms import keys

_KEYS = "cloudkms.projects.locations.keyRings.cryptoKeys"
_AGENT = "service-123456789012@gcp-sa-pubsub.iam.gserviceaccount.com"
_NAME = f"{keys.RING}/cryptoKeys/key"
_DAY = 86400


@pytest.fixture
def cloud(tmp_path: Path) -> Iterator[Cloud]:
    with local_cloud(tmp_path) as made:
        yield made


def test_a_ring_and_a_key_are_made_once(cloud: Cloud) -> None:
    keys.make_key(cloud)
    with pytest.raises(ApiError) as ring:
        keys.make_ring(cloud)
    with pytest.raises(ApiError) as key:
        keys.make_key(cloud)
    assert (ring.value.code, key.value.code) == (409, 409)


def test_nothing_is_ever_deleted(cloud: Cloud) -> None:
    keys.make_key(cloud)
    with pytest.raises(ApiError) as error:
        call(cloud, f"{_KEYS}.delete", _NAME)
    assert error.value.code == 501
    assert keys.get_key(cloud)["name"] == _NAME


def test_computed_fields(cloud: Cloud) -> None:
    key = keys.make_key(cloud)
    assert key["destroyScheduledDuration"] == "2592000s"
    assert key["primary"] == versions.load(cloud, f"{_NAME}/cryptoKeyVersions/1")
    signing = keys.make_key(
        cloud,
        "sign",
        purpose="ASYMMETRIC_SIGN",
        versionTemplate={"algorithm": "EC_SIGN_P256_SHA256", "protectionLevel": "HSM"},
    )
    assert "primary" not in signing


def test_the_first_version_can_be_skipped(cloud: Cloud) -> None:
    keys.make_ring(cloud)
    key = call(
        cloud,
        f"{_KEYS}.create",
        f"{keys.RING}/cryptoKeys",
        {"purpose": "ENCRYPT_DECRYPT"},
        query={"cryptoKeyId": "key", "skipInitialVersionCreation": "true"},
    )
    assert "primary" not in key
    with pytest.raises(ApiError, match="no primary"):
        keys.encrypt(cloud, b"x")


def test_rotation_happens_when_it_is_due(cloud: Cloud) -> None:
    due = cloud.clock.now().timestamp() + _DAY
    keys.make_key(cloud, rotationPeriod="86400s", nextRotationTime=stamp_seconds(due))
    old = keys.encrypt(cloud, b"before")
    keys.move_clock(cloud, 2.5 * _DAY)
    key = keys.get_key(cloud)
    assert key["primary"]["name"].endswith("/2")
    assert key["nextRotationTime"] == stamp_seconds(due + 2 * _DAY)
    assert keys.decrypt(cloud, old) == b"before"
    assert keys.decrypt(cloud, keys.encrypt(cloud, b"after")) == b"after"


def test_a_mask_clears_rotation(cloud: Cloud) -> None:
    due = stamp_seconds(cloud.clock.now().timestamp() + _DAY)
    keys.make_key(cloud, rotationPeriod="86400s", nextRotationTime=due)
    key = call(cloud, f"{_KEYS}.patch", _NAME, {}, query={"updateMask": "rotationPeriod,nextRotationTime"})
    assert "rotationPeriod" not in key and "nextRotationTime" not in key


def test_a_disabled_version_neither_encrypts_nor_decrypts(cloud: Cloud) -> None:
    keys.make_key(cloud)
    sealed = keys.encrypt(cloud, b"x")
    keys.set_state(cloud, "DISABLED")
    for attempt in (lambda: keys.encrypt(cloud, b"x"), lambda: keys.decrypt(cloud, sealed)):
        with pytest.raises(ApiError, match="is not enabled, current state is: DISABLED"):
            attempt()
    keys.set_state(cloud, "ENABLED")
    assert keys.decrypt(cloud, sealed) == b"x"


def test_the_fault_key_disabled_does_the_same(cloud: Cloud) -> None:
    keys.make_key(cloud)
    cloud.faults.begin("key-disabled", _NAME, {})  # type: ignore[attr-defined]
    with pytest.raises(ApiError, match="DISABLED"):
        keys.encrypt(cloud, b"x")


def test_destruction_waits_and_can_be_undone(cloud: Cloud) -> None:
    keys.make_key(cloud)
    sealed = keys.encrypt(cloud, b"x")
    assert keys.on_version(cloud, "destroy")["state"] == "DESTROY_SCHEDULED"
    keys.move_clock(cloud, 29 * _DAY)
    assert keys.on_version(cloud, "restore")["state"] == "DISABLED"
    keys.set_state(cloud, "ENABLED")
    assert keys.decrypt(cloud, sealed) == b"x"


def test_destroyed_material_is_in_no_file(cloud: Cloud) -> None:
    keys.make_key(cloud)
    name = f"{_NAME}/cryptoKeyVersions/1"
    secret = material.read(cloud, name)
    keys.on_version(cloud, "destroy")
    keys.move_clock(cloud, 31 * _DAY)
    versions.sweep(cloud)
    assert keys.on_version(cloud, "get")["state"] == "DESTROYED"
    for file in cloud.settings.home.iterdir():
        assert not file.is_file() or secret not in file.read_bytes(), file
    with pytest.raises(ApiError, match="needs DESTROY_SCHEDULED"):
        keys.on_version(cloud, "restore")


def test_primary_can_be_chosen(cloud: Cloud) -> None:
    keys.make_key(cloud)
    call(cloud, f"{_KEYS}.cryptoKeyVersions.create", f"{_NAME}/cryptoKeyVersions", {})
    assert keys.get_key(cloud)["primary"]["name"].endswith("/1")
    key = call(cloud, f"{_KEYS}.updatePrimaryVersion", _NAME, {"cryptoKeyVersionId": "2"})
    assert key["primary"]["name"].endswith("/2")


@pytest.mark.parametrize(
    ("body", "words"),
    [
        ({"purpose": "LOOKING_GOOD"}, "ENCRYPT_DECRYPT, ASYMMETRIC_SIGN"),
        ({"purpose": "ASYMMETRIC_SIGN"}, "algorithm must be given"),
        (
            {"purpose": "MAC", "versionTemplate": {"algorithm": "EC_SIGN_P256_SHA256"}},
            "cannot be used with purpose MAC",
        ),
        ({"rotationPeriod": "86400s"}, "next_rotation_time"),
        ({"rotationPeriod": "60s", "nextRotationTime": "2999-01-01T00:00:00Z"}, "between 86400s"),
        ({"nextRotationTime": "2001-01-01T00:00:00Z"}, "in the future"),
        ({"destroyScheduledDuration": "10s"}, "between 86400s"),
        ({"versionTemplate": {"protectionLevel": "PAPER"}}, "SOFTWARE, HSM"),
    ],
)
def test_bad_keys_are_refused_with_what_is_allowed(cloud: Cloud, body: dict[str, object], words: str) -> None:
    keys.make_ring(cloud)
    with pytest.raises(ApiError, match=words) as error:
        keys.make_key(cloud, **body)
    assert error.value.code == 400


def test_dependents_are_told_of_every_change(cloud: Cloud) -> None:
    told: list[str] = []
    heard = cmek.on_key_change(lambda cloud, name: told.append(name))
    try:
        keys.make_key(cloud)
        keys.set_state(cloud, "DISABLED")
        keys.on_version(cloud, "destroy")
    finally:
        cmek._CHANGES.remove(heard)
    assert told == [_NAME, _NAME]


class TestRequireKey:
    """What services ask before they use a customer's key."""

    def test_needs_the_grant(self, cloud: Cloud) -> None:
        keys.make_key(cloud)
        with pytest.raises(ApiError, match="useToEncrypt") as error:
            cmek.require_key(cloud, _NAME, "europe-west3", _AGENT)
        assert error.value.code == 403
        bind(
            cloud, "cloudkms", _NAME, "roles/cloudkms.cryptoKeyEncrypterDecrypter", f"serviceAccount:{_AGENT}"
        )
        assert cmek.require_key(cloud, _NAME, "EUROPE-WEST3", _AGENT) == f"{_NAME}/cryptoKeyVersions/1"

    def test_needs_an_enabled_primary_in_the_same_location(self, cloud: Cloud) -> None:
        keys.make_key(cloud)
        bind(
            cloud, "cloudkms", _NAME, "roles/cloudkms.cryptoKeyEncrypterDecrypter", f"serviceAccount:{_AGENT}"
        )
        with pytest.raises(ApiError, match="us-east1"):
            cmek.require_key(cloud, _NAME, "us-east1", _AGENT)
        keys.set_state(cloud, "DISABLED")
        with pytest.raises(ApiError, match="DISABLED") as error:
            cmek.require_key(cloud, _NAME, None, _AGENT)
        assert error.value.status == "FAILED_PRECONDITION"
        assert not cmek.is_usable(cloud, _NAME, _AGENT)

    @pytest.mark.parametrize("name", ["key", "projects/p/locations/l/keyRings/r", ""])
    def test_needs_a_key_name(self, cloud: Cloud, name: str) -> None:
        with pytest.raises(ApiError, match="expected"):
            cmek.require_key(cloud, name, None, _AGENT)
