from __future__ import annotations

from typing import Any

import pytest

from infra.perimeter.perimeter import RESTRICTED
from tests.infra.engine import Declared, declare_place, declare_stack


@pytest.fixture(scope="module")
def place() -> dict[str, Declared]:
    return declare_place(("organization", "foundation", "cell"))


@pytest.fixture(scope="module")
def cell(place: dict[str, Declared]) -> Declared:
    return place["local-cell"]


def changed(place: dict[str, Declared], **changes: Any) -> Declared:
    upstream = {name: each.outputs for name, each in place.items()}
    return declare_stack(
        "local-cell", upstream, {f"careplane:{key}": value for key, value in changes.items()}
    )


def test_dedicated_tenant_has_a_project_in_the_folder(cell: Declared) -> None:
    project = cell.one("organizations/project:Project", "careplane-riverside")
    assert project.inputs["folderId"] == "folders/77"
    assert project.inputs["autoCreateNetwork"] is False


def test_its_outputs_say_what_it_is_and_somebody_hears_its_alerts(cell: Declared) -> None:
    assert (cell.outputs["kind"], cell.outputs["locations"]) == ("cell", ["europe-west3"])
    assert len(cell.outputs["channels"]) == 1
    for alert in cell.of("AlertPolicy"):
        assert alert.inputs["notificationChannels"] == cell.outputs["channels"], alert.name


def test_perimeter_holds_every_project_and_is_enforced(cell: Declared) -> None:
    perimeter = cell.one("ServicePerimeter").inputs
    assert perimeter["status"]["resources"] == ["projects/123456789012", "projects/210987654321"]
    assert set(perimeter["status"]["restrictedServices"]) == set(RESTRICTED)
    assert perimeter["status"] == perimeter["spec"]
    assert perimeter["status"]["vpcAccessibleServices"]["enableRestriction"] is True


def test_perimeter_by_default_only_reports(place: dict[str, Declared]) -> None:
    perimeter = changed(place, perimeter=None).one("ServicePerimeter").inputs
    assert "status" not in perimeter
    assert perimeter["spec"]["resources"]


def test_network_lets_nothing_out_but_to_google_and_the_databases(cell: Declared) -> None:
    rules = {each.inputs["name"]: each.inputs for each in cell.of("Firewall")}
    assert rules["deny-egress"]["denies"] == [{"protocol": "all"}]
    assert rules["deny-egress"]["priority"] > rules["allow-restricted-vip"]["priority"]
    assert rules["allow-restricted-vip"]["destinationRanges"] == ["199.36.153.4/30"]
    assert all(rule["logConfig"] for rule in rules.values())
    assert not cell.of("RouterNat")


def test_subnet_has_flow_logs_and_private_google_access(cell: Declared) -> None:
    subnet = cell.one("Subnetwork").inputs
    assert subnet["privateIpGoogleAccess"] is True
    assert subnet["logConfig"]["flowSampling"] == 1.0


def test_names_of_google_end_at_the_restricted_address(cell: Declared) -> None:
    names = {each.inputs["name"] for each in cell.of("RecordSet")}
    assert {"restricted.googleapis.com.", "*.googleapis.com.", "*.pkg.dev."} <= names


def test_guests_share_the_network_and_cloud_run_may_use_it(cell: Declared) -> None:
    assert cell.one("SharedVPCServiceProject").inputs["serviceProject"] == "careplane-riverside"
    assert "210987654321" in cell.one("SubnetworkIAMMember").inputs["member"]


def test_pooled_instance_waits_for_its_key_and_its_network(cell: Declared) -> None:
    before = cell.before(cell.one("DatabaseInstance"))
    assert "gcp:kms/cryptoKeyIAMMember:CryptoKeyIAMMember::cell-data-sqladmin" in before
    assert "gcp:servicenetworking/connection:Connection::network-services" in before


def test_audit_bucket_is_locked_encrypted_and_kept_six_years(cell: Declared) -> None:
    bucket = cell.one("ProjectBucketConfig")
    assert bucket.inputs["locked"] is True
    assert bucket.inputs["retentionDays"] >= 2192
    assert bucket.inputs["cmekSettings"]["kmsKeyName"].endswith("keyRings/cell/cryptoKeys/audit")
    assert bucket.retained
    assert "gcp:kms/cryptoKeyIAMMember:CryptoKeyIAMMember::cell-audit-logging" in cell.before(bucket)


def test_audit_key_and_its_users_outlive_the_stack(cell: Declared) -> None:
    assert cell.one("CryptoKey", "cell-audit").retained
    grants = [each for each in cell.of("CryptoKeyIAMMember") if each.name.startswith("cell-audit-")]
    assert {each.retained for each in grants} == {True}
    assert "cell-audit-pubsub-riverside" in {each.name for each in grants}


def test_every_project_logs_all_and_sinks_into_the_bucket(cell: Declared) -> None:
    assert {each.inputs["project"] for each in cell.of("IAMAuditConfig")} == {
        "careplane-cell",
        "careplane-riverside",
    }
    for config in cell.of("IAMAuditConfig"):
        assert config.inputs["service"] == "allServices"
        assert [each["logType"] for each in config.inputs["auditLogConfigs"]] == [
            "ADMIN_READ",
            "DATA_READ",
            "DATA_WRITE",
        ]
    destination = "logging.googleapis.com/projects/careplane-cell/locations/europe-west3/buckets/audit"
    assert {each.inputs["destination"] for each in cell.of("ProjectSink")} == {destination}


def test_what_holds_state_is_protected_until_decommissioned(
    cell: Declared, place: dict[str, Declared]
) -> None:
    stateful = (
        "organizations/project:Project",
        "CryptoKey",
        "KeyRing",
        "DatabaseInstance",
        "ProjectBucketConfig",
    )
    assert {each.protect for kind in stateful for each in cell.of(kind)} == {True}
    lifted = changed(place, decommission="true")
    assert not any(each.protect for each in lifted.resources)
    assert lifted.one("DatabaseInstance").inputs["deletionProtection"] is False
    assert (
        lifted.one("organizations/project:Project", "careplane-riverside").inputs["deletionPolicy"]
        == "DELETE"
    )


def test_no_tenants_no_sharing(place: dict[str, Declared]) -> None:
    assert not changed(place, dedicatedTenants=[]).of("SharedVPCHostProject")


def test_private_profile_has_no_pooled_instance(place: dict[str, Declared]) -> None:
    found = changed(place, profile="private")
    assert [each.inputs["name"] for each in found.of("DatabaseInstance")] == ["audit"]
    assert found.outputs["pooled"] is None


def test_analytics_brings_bigquery_and_its_agent_to_every_project(place: dict[str, Declared]) -> None:
    found = changed(place, analytics="true")
    for project in found.outputs["projects"].values():
        agent = f"serviceAccount:bq-{project['number']}@bigquery-encryption.iam.gserviceaccount.com"
        assert project["agents"]["bigquery"] == agent
    enabled = [each.inputs for each in found.of("projects/service:Service")]
    asked = {each["project"] for each in enabled if each["service"] == "bigquery.googleapis.com"}
    assert asked == {"careplane-cell", "careplane-riverside"}
    assert "bigquery" not in place["local-cell"].outputs["projects"]["cell"]["agents"]
