from __future__ import annotations

from typing import Any

import pytest

from infra.audit.bucket import AuditBucket, AuditBucketArgs
from infra.audit.view import TenantView, TenantViewArgs
from infra.errors import ConfigError
from tests.infra.engine import declare
from tests.infra.sites import SITE


def _view(project: str = "careplane-riverside", **changes: Any) -> None:
    bucket = AuditBucket("a", AuditBucketArgs(SITE, "key"))
    TenantView("v", TenantViewArgs(bucket, "riverside", project, **changes))


def test_the_tenants_project_and_nothing_else() -> None:
    found = declare(lambda: _view(readers={"auditors": "group:a@example.org"}))
    view = found.one("LogView").inputs
    assert view["filter"] == 'SOURCE("projects/careplane-riverside")'
    assert (view["bucket"], view["location"]) == ("audit", "europe-west3")
    grant = found.one("LogViewIamMember").inputs
    assert (grant["role"], grant["member"]) == ("roles/logging.viewAccessor", "group:a@example.org")
    assert (grant["name"], grant["bucket"]) == ("riverside", "audit")


def test_one_log_of_it() -> None:
    view = declare(lambda: _view(log="careplane-audit")).one("LogView").inputs
    assert view["filter"] == 'SOURCE("projects/careplane-riverside") AND LOG_ID("careplane-audit")'


def test_a_pooled_tenant_shares_its_project_and_has_no_view() -> None:
    with pytest.raises(ConfigError, match="a project of the tenant's own"):
        declare(lambda: _view("careplane-cell"))


def test_nobody_public_reads_it() -> None:
    with pytest.raises(ConfigError, match="member of a log view"):
        declare(lambda: _view(readers={"all": "allUsers"}))
