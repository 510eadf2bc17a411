"""Google's Storage client against a running local cloud."""

from __future__ import annotations

import uuid

import pytest
from google.api_core.exceptions import Conflict, Forbidden, NotFound, PreconditionFailed
from google.cloud.storage import Bucket

from tests.localcloud import google_clients
from tests.localcloud.running import RunningCloud


@pytest.fixture
def bucket(localcloud: RunningCloud) -> Bucket:
    client = google_clients.buckets(localcloud)
    return client.create_bucket(f"docs-{uuid.uuid4().hex[:10]}", location="europe-west3")


def test_defaults_of_a_new_bucket(bucket: Bucket) -> None:
    assert bucket.location == "EUROPE-WEST3"
    assert bucket.metageneration == 1 and bucket.project_number == 123456789012
    assert bucket.soft_delete_policy.retention_duration_seconds == 604800
    assert bucket.time_created is not None and bucket.etag


@pytest.mark.parametrize("size", [0, 10, 3 * 1024 * 1024])
def test_upload_and_download(bucket: Bucket, size: int) -> None:
    data = bytes(range(256)) * (size // 256) + bytes(size % 256)
    blob = bucket.blob("a folder/é 1.bin")
    blob.metadata = {"patient": "none"}
    blob.upload_from_string(data, content_type="application/x-test", checksum="crc32c")
    again = bucket.get_blob("a folder/é 1.bin")
    assert again is not None and again.size == size and again.metadata == {"patient": "none"}
    assert again.content_type == "application/x-test"
    assert again.download_as_bytes(checksum="md5") == data


def test_resumable_upload_in_chunks(bucket: Bucket) -> None:
    blob = bucket.blob("large.bin", chunk_size=256 * 1024)
    data = b"0123456789abcdef" * 65536
    with blob.open("wb", ignore_flush=True) as file:
        file.write(data)
    assert bucket.blob("large.bin").download_as_bytes() == data
    assert bucket.blob("large.bin").download_as_bytes(start=16, end=31) == data[16:32]


def test_listing_with_prefix_and_delimiter(bucket: Bucket) -> None:
    for name in ("a/1", "a/2", "b/1", "top"):
        bucket.blob(name).upload_from_string(b"x")
    found = bucket.client.list_blobs(bucket, delimiter="/")
    assert [blob.name for blob in found] == ["top"] and found.prefixes == {"a/", "b/"}
    pages = bucket.client.list_blobs(bucket, page_size=1)
    assert [blob.name for blob in pages] == ["a/1", "a/2", "b/1", "top"]


def test_versions_and_generation(bucket: Bucket) -> None:
    bucket.versioning_enabled = True
    bucket.patch()
    blob = bucket.blob("v")
    blob.upload_from_string(b"one")
    first = blob.generation
    blob.upload_from_string(b"two")
    assert bucket.blob("v", generation=first).download_as_bytes() == b"one"
    assert len(list(bucket.client.list_blobs(bucket, versions=True))) == 2
    blob.delete()
    assert bucket.get_blob("v") is None
    with pytest.raises(Conflict):
        bucket.delete()


def test_preconditions(bucket: Bucket) -> None:
    blob = bucket.blob("once")
    blob.upload_from_string(b"x", if_generation_match=0)
    with pytest.raises(PreconditionFailed):
        bucket.blob("once").upload_from_string(b"y", if_generation_match=0)
    with pytest.raises(PreconditionFailed):
        blob.delete(if_generation_match=1)


def test_copy_rewrite_and_compose(bucket: Bucket) -> None:
    one, two = bucket.blob("1"), bucket.blob("2")
    one.upload_from_string(b"one")
    two.upload_from_string(b"two")
    bucket.copy_blob(one, bucket, "copy")
    rewritten = bucket.blob("rewritten")
    rewritten.rewrite(two)
    both = bucket.blob("both")
    both.compose([one, two])
    assert [bucket.blob(n).download_as_bytes() for n in ("copy", "rewritten", "both")] == [
        b"one",
        b"two",
        b"onetwo",
    ]
    assert both.component_count == 2


def test_soft_deleted_objects_can_be_restored(bucket: Bucket) -> None:
    blob = bucket.blob("gone")
    blob.upload_from_string(b"back")
    generation = blob.generation
    blob.delete()
    assert [b.name for b in bucket.client.list_blobs(bucket, soft_deleted=True)] == ["gone"]
    bucket.restore_blob("gone", generation=generation)
    assert bucket.blob("gone").download_as_bytes() == b"back"


def test_holds_and_retention_refuse_deletion(bucket: Bucket) -> None:
    blob = bucket.blob("kept")
    blob.upload_from_string(b"x")
    blob.temporary_hold = True
    blob.patch()
    with pytest.raises(Forbidden, match="active hold"):
        blob.delete()
    blob.temporary_hold = False
    blob.patch()
    bucket.retention_period = 3600
    bucket.patch()
    with pytest.raises(Forbidden, match="retention"):
        blob.delete()
    with pytest.raises(Forbidden, match="retention"):
        blob.upload_from_string(b"overwritten")
    bucket.lock_retention_policy()
    bucket.retention_period = 60
    with pytest.raises(Forbidden, match="locked"):
        bucket.patch()


def test_bucket_policies(localcloud: RunningCloud, bucket: Bucket) -> None:
    member = "serviceAccount:tenant-a@careplane-cell.iam.gserviceaccount.com"
    policy = bucket.get_iam_policy(requested_policy_version=3)
    policy.bindings.append({"role": "roles/storage.objectUser", "members": {member}})
    bucket.set_iam_policy(policy)
    bucket.blob("x").upload_from_string(b"mine")
    mine = google_clients.buckets(localcloud, localcloud.token(member, "careplane-cell")).bucket(bucket.name)
    assert mine.blob("x").download_as_bytes() == b"mine"
    foreign = localcloud.token(
        "serviceAccount:tenant-b@careplane-cell.iam.gserviceaccount.com", "careplane-cell"
    )
    theirs = google_clients.buckets(localcloud, foreign).bucket(bucket.name)
    for attack in (
        lambda: theirs.blob("x").download_as_bytes(),
        lambda: theirs.blob("x").upload_from_string(b"!"),
        lambda: theirs.blob("x").delete(),
        lambda: list(theirs.list_blobs()),
        theirs.reload,
    ):
        with pytest.raises(Forbidden):
            attack()


def test_missing_things_are_404(localcloud: RunningCloud, bucket: Bucket) -> None:
    with pytest.raises(NotFound):
        bucket.blob("nothing").download_as_bytes()
    with pytest.raises(NotFound):
        google_clients.buckets(localcloud).get_bucket("no-such-bucket-here")
