from __future__ import annotations

from dataclasses import replace

from infra.storage.bucket import Bucket, BucketArgs
from tests.infra.engine import declare
from tests.infra.sites import SITE

ARGS = BucketArgs(SITE, "documents", "key", {"runtime": "serviceAccount:r"})


def test_closed_encrypted_and_versioned() -> None:
    found = declare(lambda: Bucket("b", ARGS) and None)
    bucket = found.one("Bucket")
    assert bucket.protect and bucket.inputs["forceDestroy"] is False
    assert bucket.inputs["publicAccessPrevention"] == "enforced"
    assert bucket.inputs["uniformBucketLevelAccess"] is True
    assert bucket.inputs["versioning"] == {"enabled": True}
    assert bucket.inputs["encryption"] == {"defaultKmsKeyName": "key"}
    assert bucket.inputs["location"] == "EUROPE-WEST3"
    assert found.one("BucketIAMMember").inputs["role"] == "roles/storage.objectUser"


def test_objects_go_with_a_decommissioned_bucket() -> None:
    args = replace(ARGS, site=replace(SITE, protected=False))
    assert declare(lambda: Bucket("b", args) and None).one("Bucket").inputs["forceDestroy"] is True
