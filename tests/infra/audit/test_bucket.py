from __future__ import annotations

import pytest

from infra.audit.bucket import AuditBucket, AuditBucketArgs
from infra.errors import ConfigError
from tests.infra.engine import declare
from tests.infra.sites import SITE


@pytest.mark.parametrize("locked", [True, False])
def test_locked_and_retained_go_together(locked: bool) -> None:
    found = declare(lambda: AuditBucket("a", AuditBucketArgs(SITE, "key", locked)) and None)
    bucket = found.one("ProjectBucketConfig")
    assert (bucket.inputs["locked"], bucket.retained) == (locked, locked)
    assert bucket.inputs["location"] == "europe-west3"


def test_under_its_key_and_for_six_years_by_default() -> None:
    bucket = declare(lambda: AuditBucket("a", AuditBucketArgs(SITE, "key")) and None).one(
        "ProjectBucketConfig"
    )
    assert bucket.inputs["cmekSettings"] == {"kmsKeyName": "key"}
    assert bucket.inputs["retentionDays"] == 2200
    assert bucket.inputs["bucketId"] == "audit"
    assert bucket.inputs["enableAnalytics"] is True


@pytest.mark.parametrize("days", [30, 2191, 3651])
def test_less_than_six_years_or_more_than_google_keeps_is_refused(days: int) -> None:
    with pytest.raises(ConfigError, match="2192 to 3650"):
        AuditBucketArgs(SITE, "key", retention_days=days)
