"""Objects without a server: preconditions, keys, retention, uploads that break off."""

from __future__ import annotations

import base64
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from localcloud.api import ApiError, Json, Reply
from localcloud.cloud import Cloud
from localcloud.policy import bind
from localcloud.storage import generations, objects, tables
from localcloud.storage.conditions import Conditions
from tests.localcloud.clouds import local_cloud
from tests.localcloud.harness import PROJECT, call, request
from tests.localcloud.kms import keys

_AGENT = "serviceAccount:service-123456789012@gs-project-accounts.iam.gserviceaccount.com"


@pytest.fixture
def cloud(tmp_path: Path) -> Iterator[Cloud]:
    with local_cloud(tmp_path) as made:
        yield made


def _bucket(cloud: Cloud, **body: Any) -> Json:
    sent = {"name": "docs", "location": "europe-west3", **body}
    return call(cloud, "storage.buckets.insert", "b", sent, query={"project": PROJECT})


def _put(cloud: Cloud, data: bytes, name: str = "o", **query: str) -> Json:
    return objects.insert(cloud, "docs", name, data, {}, Conditions.of(query))


def _blobs(cloud: Cloud) -> int:
    return sum(1 for file in (cloud.settings.home / "objects").rglob("*") if file.is_file())


@settings(max_examples=60, deadline=None)
@given(
    generation=st.integers(0, 5),
    metageneration=st.integers(0, 5),
    wanted=st.integers(0, 5),
    kind=st.sampled_from(
        ["ifGenerationMatch", "ifGenerationNotMatch", "ifMetagenerationMatch", "ifMetagenerationNotMatch"]
    ),
)
def test_conditions_mean_what_they_say(generation: int, metageneration: int, wanted: int, kind: str) -> None:
    found = {"generation": str(generation), "metageneration": str(metageneration)} if generation else None
    current = (generation if "Meta" not in kind else metageneration) if found else 0
    expected = (current == wanted) != ("Not" in kind)
    assert Conditions.of({kind: str(wanted)}).hold(found) is expected


@settings(max_examples=20, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(writes=st.lists(st.booleans(), min_size=1, max_size=6))
def test_of_writers_who_saw_the_same_generation_one_wins(
    tmp_path_factory: pytest.TempPathFactory, writes: list[bool]
) -> None:
    """True writes on what it read, False on what was there at first: stale, unless nothing came between."""
    with local_cloud(tmp_path_factory.mktemp("o")) as cloud:
        _bucket(cloud)
        first = current = _put(cloud, b"0")["generation"]
        for fresh in writes:
            seen = current if fresh else first
            if seen == current:
                current = _put(cloud, b"x", ifGenerationMatch=seen)["generation"]
            else:
                with pytest.raises(ApiError) as error:
                    _put(cloud, b"x", ifGenerationMatch=seen)
                assert error.value.code == 412
        assert generations.load(cloud, "docs", "o").body["generation"] == current


def test_generations_rise_even_if_the_clock_goes_back(cloud: Cloud) -> None:
    _bucket(cloud)
    keys.move_clock(cloud, 1000)
    first = int(_put(cloud, b"1")["generation"])
    keys.move_clock(cloud, 0)
    assert int(_put(cloud, b"2")["generation"]) > first


def test_a_key_is_needed_on_create_write_and_read(cloud: Cloud) -> None:
    keys.make_key(cloud)
    key = f"{keys.RING}/cryptoKeys/key"
    with pytest.raises(ApiError, match="cryptoKeyEncrypterDecrypter"):
        _bucket(cloud, encryption={"defaultKmsKeyName": key})
    bind(cloud, "cloudkms", key, "roles/cloudkms.cryptoKeyEncrypterDecrypter", _AGENT)
    _bucket(cloud, encryption={"defaultKmsKeyName": key})
    assert _put(cloud, b"x")["kmsKeyName"] == f"{key}/cryptoKeyVersions/1"
    keys.set_state(cloud, "DISABLED")
    with pytest.raises(ApiError, match="is not enabled"):
        _put(cloud, b"y")
    with pytest.raises(ApiError, match="is not enabled"):
        objects.read(cloud, generations.load(cloud, "docs", "o"))
    keys.set_state(cloud, "ENABLED")
    assert objects.read(cloud, generations.load(cloud, "docs", "o")) == b"x"


def test_a_key_of_another_location_is_refused(cloud: Cloud) -> None:
    keys.make_key(cloud)
    key = f"{keys.RING}/cryptoKeys/key"
    bind(cloud, "cloudkms", key, "roles/cloudkms.cryptoKeyEncrypterDecrypter", _AGENT)
    with pytest.raises(ApiError, match="they must be the same"):
        _bucket(cloud, location="US-EAST1", encryption={"defaultKmsKeyName": key})


@pytest.mark.parametrize(("bucket", "key"), [("EU", "europe"), ("US", "us")])
def test_a_multi_region_takes_the_key_of_cloud_kms_multi_region(cloud: Cloud, bucket: str, key: str) -> None:
    ring = f"projects/careplane-cell/locations/{key}/keyRings/wide"
    made = keys.make_key_in(cloud, ring)["name"]
    bind(cloud, "cloudkms", made, "roles/cloudkms.cryptoKeyEncrypterDecrypter", _AGENT)
    _bucket(cloud, location=bucket, encryption={"defaultKmsKeyName": made})
    assert _put(cloud, b"x")["kmsKeyName"] == f"{made}/cryptoKeyVersions/1"
    with pytest.raises(ApiError, match="they must be the same"):
        _bucket(cloud, name="other", location="ASIA", encryption={"defaultKmsKeyName": made})


def test_a_multi_region_says_what_cloud_kms_calls_it(cloud: Cloud) -> None:
    made = keys.make_key(cloud)["name"]
    with pytest.raises(ApiError, match=r"'eu' \(to Cloud KMS 'europe'\)"):
        _bucket(cloud, location="EU", encryption={"defaultKmsKeyName": made})


def test_versions_and_retention_together(cloud: Cloud) -> None:
    """With versions an overwrite keeps the old one; that one cannot be deleted before its time."""
    _bucket(cloud, versioning={"enabled": True}, retentionPolicy={"retentionPeriod": "3600"})
    old = _put(cloud, b"1")["generation"]
    _put(cloud, b"2")
    with pytest.raises(ApiError, match="retention policy"):
        objects.delete(cloud, "docs", "o", old, Conditions())
    keys.move_clock(cloud, 3601)
    objects.delete(cloud, "docs", "o", old, Conditions())


def test_soft_deleted_bytes_go_in_the_end(cloud: Cloud) -> None:
    _bucket(cloud)
    _put(cloud, b"1")
    objects.delete(cloud, "docs", "o", None, Conditions())
    objects.collect(cloud)
    assert _blobs(cloud) == 1
    keys.move_clock(cloud, 604801)
    objects.collect(cloud)
    assert _blobs(cloud) == 0 and generations.every(cloud, "docs", "", (tables.SOFT_DELETED,)) == []


def test_without_soft_delete_bytes_go_at_once(cloud: Cloud) -> None:
    _bucket(cloud, softDeletePolicy={"retentionDurationSeconds": "0"})
    _put(cloud, b"1")
    _put(cloud, b"2")
    assert _blobs(cloud) == 1


def test_a_refused_upload_leaves_nothing(cloud: Cloud) -> None:
    _bucket(cloud)
    wrong = {"md5Hash": base64.b64encode(bytes(16)).decode()}
    with pytest.raises(ApiError, match="doesn't match"):
        objects.insert(cloud, "docs", "o", b"x", wrong, Conditions())
    with pytest.raises(ApiError):
        _put(cloud, b"x", ifGenerationMatch="7")
    assert generations.find(cloud, "docs", "o") is None and _blobs(cloud) == 0


def test_what_a_kill_left_is_removed_at_the_next_start(cloud: Cloud) -> None:
    _bucket(cloud)
    _put(cloud, b"kept")
    tables.write_blob(cloud, "docs", b"its row was never written")
    objects.remove_strays(cloud)
    assert _blobs(cloud) == 1 and objects.read(cloud, generations.load(cloud, "docs", "o")) == b"kept"


@pytest.mark.parametrize("name", ["", "a\nb", "..", "x" * 1025])
def test_bad_object_names(cloud: Cloud, name: str) -> None:
    _bucket(cloud)
    with pytest.raises(ApiError, match="Invalid object name"):
        _put(cloud, b"x", name)


@pytest.mark.parametrize(
    "body",
    [
        {"name": "UPPER"},
        {"name": "ab"},
        {"name": "../etc"},
        {"storageClass": "FAST"},
        {"retentionPolicy": {"retentionPeriod": "-1"}},
    ],
)
def test_bad_buckets(cloud: Cloud, body: Json) -> None:
    with pytest.raises(ApiError) as error:
        _bucket(cloud, **body)
    assert error.value.code == 400


def test_a_resumable_upload_goes_on_where_it_broke_off(cloud: Cloud) -> None:
    _bucket(cloud)
    begun = _http(cloud, "POST", "/upload/storage/v1/b/docs/o?uploadType=resumable&name=big", b"{}")
    place = begun.headers["location"].partition("127.0.0.1:1")[2]
    assert _http(cloud, "PUT", place, b"01234", {"content-range": "bytes 0-4/10"}).status == 308
    asked = _http(cloud, "PUT", place, b"", {"content-range": "bytes */10"})
    assert (asked.status, asked.headers["range"]) == (308, "bytes=0-4")
    assert _http(cloud, "PUT", place, b"789", {"content-range": "bytes 7-9/10"}).status == 400
    done = _http(cloud, "PUT", place, b"56789", {"content-range": "bytes 5-9/10"})
    assert done.status == 200 and done.body["size"] == "10"
    assert _http(cloud, "GET", "/storage/v1/b/docs/o/big?alt=media").body == b"0123456789"
    assert _http(cloud, "PUT", place, b"x").status == 404


def _http(
    cloud: Cloud, verb: str, path: str, body: bytes | None = None, headers: dict[str, str] | None = None
) -> Reply:
    return request(cloud, "storage", verb, path, body, headers=headers)
