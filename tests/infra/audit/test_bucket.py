from __future__ import annotations

import pytest

from infra.audit.bucket import AuditBucket, AuditBucketArgs
from tests.infra.engine import declare
from tests.infra.sites import SITE


@pytest.mark.parametrize("locked", [True, False])
def test_locked_and_retained_go_together(locked: bool) -> None:
    found = declare(lambda: AuditBucket("a", AuditBucketArgs(SITE, "key", locked)) and None)
    bucket = found.one("ProjectBucketConfig")
    assert (bucket.inputs["locked"], bucket.retained) == (locked, locked)
    assert bucket.inputs["location"] == "europe-west3"
