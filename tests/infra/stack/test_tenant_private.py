from __future__ import annotations

from pathlib import Path

import pytest
import yaml

from infra import stack
from infra.config import FileSource, load
from infra.errors import ConfigError
from tests.infra.engine import STACKS, Declared, declare, declare_place
from tests.infra.stack.parts import tenant_config


@pytest.fixture(scope="module")
def private() -> dict[str, Declared]:
    return declare_place(("organization", "foundation", "cell", "tenant-riverside"), place="private")


def test_records_in_the_tenants_instance_the_trail_in_the_cells(private: dict[str, Declared]) -> None:
    tenant = private["private-tenant-riverside"]
    records, trail = (
        tenant.one("sql/database:Database", name).inputs for name in ("database", "audit-database")
    )
    assert records["instance"] == tenant.outputs["sqlInstance"]
    assert trail["instance"] == private["private-cell"].outputs["auditDatabase"]["instance"]
    assert trail["project"] == private["private-cell"].outputs["project"] != records["project"]
    assert trail["name"] == "riverside-audit"


def test_the_trail_outlives_the_tenant_and_the_records_do_not(private: dict[str, Declared]) -> None:
    tenant = private["private-tenant-riverside"]
    kept = {
        each.name
        for kind in ("sql/database:Database", "sql/user:User")
        for each in tenant.of(kind)
        if each.retained
    }
    assert kept == {"audit-database"}


def test_stores_are_named_as_databases_and_there_are_no_feeds(private: dict[str, Declared]) -> None:
    outputs = private["private-tenant-riverside"].outputs
    assert outputs["fhirStore"].endswith("/instances/riverside/databases/riverside")
    assert outputs["auditStore"].endswith("/instances/audit/databases/riverside-audit")
    assert outputs["hl7v2Store"] == ""


def test_the_runtime_itself_tells_of_changes_and_is_told_where_its_trail_is(
    private: dict[str, Declared],
) -> None:
    tenant = private["private-tenant-riverside"]
    container = tenant.one("cloudrunv2/service:Service").inputs["template"]["containers"][0]
    told = {each["name"]: each["value"] for each in container["envs"]}
    assert told["CAREPLANE_FHIR_TOPIC"] == tenant.outputs["topics"]["fhir"]
    assert told["CAREPLANE_AUDIT_DATABASE"] == "riverside-audit"
    assert tenant.one("TopicIAMMember", "fhir-runtime").inputs["member"].startswith("serviceAccount:tenant-")


def test_the_trails_grants_have_run_before_the_service(private: dict[str, Declared]) -> None:
    tenant = private["private-tenant-riverside"]
    before = tenant.before(tenant.one("cloudrunv2/service:Service"))
    assert "gcp:cloudrunv2/job:Job::audit-grants" in before


def test_the_runtime_logs_in_where_its_trail_is_and_nowhere_else_in_the_cell(
    private: dict[str, Declared],
) -> None:
    tenant, cell = private["private-tenant-riverside"], private["private-cell"].outputs
    login = tenant.one("projects/iAMMember:IAMMember", "audit-login").inputs
    assert (login["project"], login["role"]) == (cell["project"], "roles/cloudsql.instanceUser")
    assert login["member"] == f"serviceAccount:{tenant.outputs['serviceAccount']}"
    name = f"projects/{cell['project']}/instances/{cell['auditDatabase']['instance']}"
    assert login["condition"]["expression"].endswith(f'&& resource.name == "{name}"')
    before = tenant.before(tenant.one("cloudrunv2/service:Service"))
    assert "gcp:projects/iAMMember:IAMMember::audit-login" in before


def test_the_runtime_may_only_add_to_its_trail(private: dict[str, Declared]) -> None:
    tenant = private["private-tenant-riverside"]

    def rights(job: str) -> str | None:
        (container,) = tenant.one("Job", job).inputs["template"]["template"]["containers"]
        return {each["name"]: each["value"] for each in container["envs"]}.get("CAREPLANE_DATABASE_RIGHTS")

    assert (rights("grants"), rights("audit-grants")) == (None, "append")


def test_a_pooled_tenant_is_refused() -> None:
    with pytest.raises(ConfigError, match="careplane:placement"):
        tenant_config("private-tenant-riverside", placement="pooled")


def test_a_second_site_has_a_trail_of_its_own_whose_grants_run_at_once(
    private: dict[str, Declared], tmp_path: Path
) -> None:
    """Its database is a copy in which nothing can be granted; the cell's audit instance there is not."""
    document = yaml.safe_load((STACKS / "Pulumi.private-tenant-riverside.yaml").read_text())
    document["config"] |= {
        "careplane:active": "false",
        "careplane:cellStack": "private-cell-2",
        "careplane:jurisdiction": "us",
        "careplane:pairedRegion": "us-central1",
        "careplane:recoversFrom": "private-tenant-riverside",
        "gcp:region": "us-east4",
    }
    path = tmp_path / "Pulumi.private-tenant-riverside-2.yaml"
    path.write_text(yaml.safe_dump(document))
    upstream = {name: each.outputs for name, each in private.items()}
    upstream["private-cell-2"] = upstream["private-cell"]
    config = load(FileSource(path))
    tenant = declare(lambda: stack.build(config), "private-tenant-riverside-2", upstream)
    assert [each.name for each in tenant.of("sql/database:Database")] == ["audit-database"]
    assert tenant.one("Job", "audit-grants").inputs["runExecutionToken"]
    for job in ("grants", "migrate"):
        assert "runExecutionToken" not in tenant.one("Job", job).inputs
