from __future__ import annotations

from dataclasses import replace

import pytest

from infra.audit.filters import AUDIT_LOGS
from infra.audit.organization import OrganizationAudit, OrganizationAuditArgs
from infra.errors import ConfigError
from tests.infra.engine import declare

BUCKET = "projects/home/locations/europe-west3/buckets/audit"
ARGS = OrganizationAuditArgs("123", BUCKET, "home")


def test_every_project_below_and_every_audit_log() -> None:
    sink = declare(lambda: OrganizationAudit("o", ARGS) and None).one("OrganizationSink").inputs
    assert (sink["orgId"], sink["includeChildren"]) == ("123", True)
    assert sink["destination"] == f"logging.googleapis.com/{BUCKET}"
    assert all(log in sink["filter"] for log in AUDIT_LOGS)
    assert "exclusions" not in sink


def test_its_writer_may_write_to_the_buckets_project_and_no_more() -> None:
    grant = declare(lambda: OrganizationAudit("o", ARGS) and None).one("projects/iAMMember:IAMMember").inputs
    assert grant == {
        "project": "home",
        "role": "roles/logging.bucketWriter",
        "member": "serviceAccount:sink@123",
        "condition": {
            "title": "this log bucket only",
            "expression": 'resource.name.endsWith("locations/europe-west3/buckets/audit")',
        },
    }


def test_a_filter_that_drops_audit_logs_is_refused() -> None:
    with pytest.raises(ConfigError, match="sink filter"):
        replace(ARGS, filter="severity>=ERROR")
