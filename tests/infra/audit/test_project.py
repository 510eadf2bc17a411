from __future__ import annotations

from infra.audit.project import FILTER, ProjectAudit, ProjectAuditArgs
from tests.infra.engine import declare


def test_sink_may_write_to_the_cells_bucket() -> None:
    found = declare(lambda: ProjectAudit("a", ProjectAuditArgs("guest", "b", "home")) and None)
    grant = found.one("projects/iAMMember:IAMMember").inputs
    assert (grant["project"], grant["role"]) == ("home", "roles/logging.bucketWriter")
    assert grant["member"] == "serviceAccount:sink@guest"
    assert "exemptedMembers" not in str(found.one("IAMAuditConfig").inputs)


def test_the_runtimes_own_trail_is_part_of_it() -> None:
    assert 'log_id("careplane-audit")' in FILTER
