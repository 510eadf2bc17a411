from __future__ import annotations

from dataclasses import replace

import pytest

from infra.audit.folder import FolderAudit, FolderAuditArgs
from infra.errors import ConfigError
from tests.infra.engine import declare

ARGS = FolderAuditArgs("folders/77", "projects/home/locations/europe-west3/buckets/audit", "home")


def test_every_project_of_the_folder_in_its_jurisdictions_bucket() -> None:
    found = declare(lambda: FolderAudit("f", ARGS) and None)
    sink = found.one("FolderSink").inputs
    assert (sink["folder"], sink["includeChildren"]) == ("folders/77", True)
    assert sink["destination"].endswith("/locations/europe-west3/buckets/audit")
    assert found.one("projects/iAMMember:IAMMember").inputs["member"] == "serviceAccount:sink@folders/77"


def test_a_filter_that_drops_audit_logs_is_refused() -> None:
    with pytest.raises(ConfigError, match="sink filter"):
        replace(ARGS, filter='NOT log_id("cloudaudit.googleapis.com/data_access")')
