from __future__ import annotations

import pytest

from infra.audit.changes import CHANGES, ChangeAlerts, ChangeAlertsArgs
from tests.infra.engine import Declared, declare

ARGS = ChangeAlertsArgs("home", "projects/home/locations/europe-west3/buckets/audit", ("channel",))

OWNER = (
    '(protoPayload.serviceName="cloudresourcemanager.googleapis.com") '
    "AND (ProjectOwnership OR projectOwnerInvitee) "
    'OR (protoPayload.serviceData.policyDelta.bindingDeltas.action="REMOVE" '
    'AND protoPayload.serviceData.policyDelta.bindingDeltas.role="roles/owner") '
    'OR (protoPayload.serviceData.policyDelta.bindingDeltas.action="ADD" '
    'AND protoPayload.serviceData.policyDelta.bindingDeltas.role="roles/owner")'
)
FIREWALL = (
    'resource.type="gce_firewall_rule" AND (protoPayload.methodName:"compute.firewalls.patch" OR '
    'protoPayload.methodName:"compute.firewalls.insert" OR '
    'protoPayload.methodName:"compute.firewalls.delete")'
)
STORAGE = 'resource.type="gcs_bucket" AND protoPayload.methodName="storage.setIamPermissions"'


@pytest.fixture(scope="module")
def found() -> Declared:
    return declare(lambda: ChangeAlerts("changes", ARGS) and None)


def test_eight_of_the_benchmark_each_with_its_alert(found: Declared) -> None:
    assert [change.cis for change in CHANGES] == [f"2.{number}" for number in range(4, 12)]
    assert len(found.of("Metric")) == len(found.of("AlertPolicy")) == 8


@pytest.mark.parametrize(
    ("name", "wanted"),
    [
        ("project-ownership", OWNER),
        ("vpc-firewall", FIREWALL),
        ("storage-iam", STORAGE),
        ("sql-configuration", 'protoPayload.methodName="cloudsql.instances.update"'),
    ],
)
def test_filters_are_the_benchmarks_own(found: Declared, name: str, wanted: str) -> None:
    assert found.one("Metric", f"changes-{name}").inputs["filter"] == wanted


@pytest.mark.parametrize("change", CHANGES, ids=lambda change: change.name)
def test_every_alert_watches_the_metric_of_its_change(found: Declared, change: tuple[str, ...]) -> None:
    metric = found.one("Metric", f"changes-{change[0]}")
    alert = found.one("AlertPolicy", f"changes-{change[0]}")
    condition = alert.inputs["conditions"][0]["conditionThreshold"]
    watched = f'metric.type="logging.googleapis.com/user/{metric.inputs["name"]}"'
    assert watched in condition["filter"] and 'resource.type="logging_bucket"' in condition["filter"]
    assert (condition["comparison"], condition["thresholdValue"]) == ("COMPARISON_GT", 0)
    assert metric.inputs["bucketName"] == ARGS.bucket
    assert alert.inputs["notificationChannels"] == ["channel"]
    assert f"{metric.type}::{metric.name}" in found.before(alert)
