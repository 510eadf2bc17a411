from __future__ import annotations

from dataclasses import fields

import pulumi
import pytest

from infra.audit.folder import FolderAuditArgs
from infra.audit.organization import OrganizationAuditArgs
from infra.audit.project import FILTER, ProjectAudit, ProjectAuditArgs
from infra.errors import ConfigError
from tests.infra.engine import declare


def test_sink_may_write_to_the_cells_bucket() -> None:
    found = declare(lambda: ProjectAudit("a", ProjectAuditArgs("guest", "b", "home")) and None)
    grant = found.one("projects/iAMMember:IAMMember").inputs
    assert (grant["project"], grant["role"]) == ("home", "roles/logging.bucketWriter")
    assert grant["member"] == "serviceAccount:sink@guest"
    assert "exemptedMembers" not in str(found.one("IAMAuditConfig").inputs)


def test_the_right_is_to_that_bucket_so_that_two_sites_have_one_each() -> None:
    def expression(region: str) -> str:
        args = ProjectAuditArgs("guest", f"projects/home/locations/{region}/buckets/audit", "home")
        found = declare(lambda: ProjectAudit("a", args) and None)
        return str(found.one("projects/iAMMember:IAMMember").inputs["condition"]["expression"])

    assert [expression(each) for each in ("europe-west3", "europe-west4")] == [
        'resource.name.endsWith("locations/europe-west3/buckets/audit")',
        'resource.name.endsWith("locations/europe-west4/buckets/audit")',
    ]


def test_into_a_bucket_of_its_own_project_a_sink_needs_no_right() -> None:
    found = declare(lambda: ProjectAudit("a", ProjectAuditArgs("home", "b", "home")) and None)
    assert found.one("ProjectSink") and not found.of("projects/iAMMember:IAMMember")


def test_a_project_known_only_later_is_told_from_another() -> None:
    def program() -> None:
        home = pulumi.Output.from_input("home")
        assert not ProjectAuditArgs(home, "b", home).has_writer
        assert ProjectAuditArgs("guest", "b", home).has_writer

    declare(program)


def test_the_runtimes_own_trail_is_part_of_it() -> None:
    assert 'log_id("run.googleapis.com/stdout")' in FILTER
    assert 'log_id("careplane-audit")' in FILTER, "and what earlier releases wrote"


def test_a_filter_that_drops_audit_logs_is_refused() -> None:
    with pytest.raises(ConfigError, match="sink filter"):
        ProjectAuditArgs("guest", "b", "home", filter='log_id("cloudaudit.googleapis.com/activity")')


def test_there_is_no_way_to_ask_for_an_exclusion() -> None:
    sink = declare(lambda: ProjectAudit("a", ProjectAuditArgs("guest", "b", "home")) and None)
    assert "exclusions" not in sink.one("ProjectSink").inputs
    every = (ProjectAuditArgs, FolderAuditArgs, OrganizationAuditArgs)
    assert not [each for args in every for each in fields(args) if "exclu" in each.name]
