from __future__ import annotations

import pytest

from infra.audit.bucket import AuditBucket, AuditBucketArgs
from infra.audit.linked import LinkedAudit, LinkedAuditArgs
from infra.errors import ConfigError
from tests.infra.engine import declare
from tests.infra.sites import SITE


def _linked(analytics: bool = True, link: str = "audit") -> None:
    bucket = AuditBucket("a", AuditBucketArgs(SITE, "key", analytics=analytics))
    LinkedAudit("l", LinkedAuditArgs(bucket, link))


def test_the_bucket_is_linked_whole() -> None:
    inputs = declare(_linked).one("LinkedDataset").inputs
    assert inputs["bucket"] == "projects/careplane-cell/locations/europe-west3/buckets/audit"
    assert inputs["linkId"] == "audit"


def test_a_bucket_without_analytics_cannot_be_linked() -> None:
    with pytest.raises(ConfigError, match="a bucket with analytics"):
        declare(lambda: _linked(analytics=False))


def test_a_name_that_bigquery_refuses() -> None:
    with pytest.raises(ConfigError, match="letters, digits and underscores"):
        declare(lambda: _linked(link="audit-trail"))
