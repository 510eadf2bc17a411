from __future__ import annotations

from dataclasses import replace
from typing import Any

import pytest

from infra.errors import ConfigError, ResidencyError
from infra.jurisdiction import jurisdiction
from infra.storage.bucket import Bucket, BucketArgs, DualRegion, Retention
from infra.storage.lifecycle import LifecycleRule
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


def test_users_of_a_read_only_bucket_only_read() -> None:
    found = declare(lambda: Bucket("b", replace(ARGS, read_only=True)) and None)
    assert found.one("BucketIAMMember").inputs["role"] == "roles/storage.objectViewer"


def test_objects_go_with_a_decommissioned_bucket() -> None:
    args = replace(ARGS, site=replace(SITE, protected=False))
    assert declare(lambda: Bucket("b", args) and None).one("Bucket").inputs["forceDestroy"] is True


def test_a_copy_in_a_second_region_of_the_jurisdiction() -> None:
    args = replace(ARGS, dual_region=DualRegion("europe-west4"))
    inputs = declare(lambda: Bucket("b", args) and None).one("Bucket").inputs
    assert inputs["location"] == "EU"
    assert inputs["customPlacementConfig"] == {"dataLocations": ["EUROPE-WEST3", "EUROPE-WEST4"]}
    assert inputs["rpo"] == "ASYNC_TURBO"


@pytest.mark.parametrize("partner", ["us-east1", "europe-west6"])
def test_no_copy_outside_the_jurisdiction(partner: str) -> None:
    with pytest.raises(ResidencyError, match="a copy of bucket documents"):
        replace(ARGS, dual_region=DualRegion(partner))


def test_a_country_has_no_multi_region_to_pair_in() -> None:
    site = replace(SITE, jurisdiction=jurisdiction("de"))
    with pytest.raises(ResidencyError, match="location 'EU' lies outside"):
        replace(ARGS, site=site, dual_region=DualRegion("europe-west10"))


def test_a_region_is_no_partner_of_its_own() -> None:
    with pytest.raises(ConfigError, match="other than the site's"):
        replace(ARGS, dual_region=DualRegion("europe-west3"))


def test_retention_locks_only_when_told_to() -> None:
    args = replace(ARGS, retention=Retention(30))
    bucket = declare(lambda: Bucket("b", args) and None).one("Bucket")
    assert bucket.inputs["retentionPolicy"] == {"retentionPeriod": "2592000"}
    assert bucket.inputs["versioning"] == {"enabled": False}
    assert not bucket.retained


def test_a_locked_bucket_outlives_even_a_decommissioned_stack() -> None:
    args = replace(ARGS, site=replace(SITE, protected=False), retention=Retention(2192, locked=True))
    bucket = declare(lambda: Bucket("b", args) and None).one("Bucket")
    assert bucket.inputs["retentionPolicy"]["isLocked"] is True
    assert bucket.retained and bucket.inputs["forceDestroy"] is False


def test_rules_logs_and_soft_delete() -> None:
    args = replace(
        ARGS,
        lifecycle=(LifecycleRule("Delete", noncurrent_days=365),),
        access_logs="usage-logs",
        soft_delete_days=90,
    )
    inputs = declare(lambda: Bucket("b", args) and None).one("Bucket").inputs
    (rule,) = inputs["lifecycleRules"]
    assert rule["action"] == {"type": "Delete"}
    assert rule["condition"] == {"daysSinceNoncurrentTime": 365}
    assert inputs["logging"] == {"logBucket": "usage-logs"}
    assert inputs["softDeletePolicy"] == {"retentionDurationSeconds": 90 * 86400}


def test_nothing_that_was_not_asked_for() -> None:
    inputs = declare(lambda: Bucket("b", ARGS) and None).one("Bucket").inputs
    added = {
        "cors",
        "customPlacementConfig",
        "lifecycleRules",
        "logging",
        "retentionPolicy",
        "rpo",
        "website",
    }
    assert not added & inputs.keys()


@pytest.mark.parametrize(
    ("changes", "named"),
    [
        ({"soft_delete_days": 0}, "7 to 90"),
        ({"users": {"all": "allUsers"}}, "member of a bucket"),
    ],
)
def test_bad_arguments_say_what_is_allowed(changes: dict[str, Any], named: str) -> None:
    with pytest.raises(ConfigError, match=named):
        replace(ARGS, **changes)


def test_retention_of_no_days_is_none() -> None:
    with pytest.raises(ConfigError, match="1 to 36500 days"):
        Retention(0)
