from __future__ import annotations

from dataclasses import replace

import pytest

from infra.errors import ConfigError
from infra.identity.break_glass import BreakGlass, BreakGlassArgs
from infra.identity.usage import UsageAlertArgs
from tests.infra.engine import declare

BUCKET = "projects/careplane-cell/locations/europe-west3/buckets/audit"
ARGS = BreakGlassArgs(
    "projects/careplane-cell",
    "emergency",
    ("roles/healthcare.fhirResourceReader",),
    ("group:oncall@example.org",),
    ("group:privacy@example.org",),
    UsageAlertArgs("careplane-cell", ("channel",)),
)


def test_asked_for_with_a_reason_approved_and_ended() -> None:
    found = declare(lambda: BreakGlass("b", ARGS) and None)
    inputs = found.one("entitlement").inputs
    assert inputs["maxRequestDuration"] == "3600s"
    assert inputs["eligibleUsers"] == [{"principals": ["group:oncall@example.org"]}]
    assert inputs["requesterJustificationConfig"] == {"unstructured": {}}
    assert inputs["privilegedAccess"]["gcpIamAccess"] == {
        "resource": "//cloudresourcemanager.googleapis.com/projects/careplane-cell",
        "resourceType": "cloudresourcemanager.googleapis.com/Project",
        "roleBindings": [{"role": "roles/healthcare.fhirResourceReader"}],
    }
    approvals = inputs["approvalWorkflow"]["manualApprovals"]
    assert approvals["requireApproverJustification"] is True
    assert approvals["steps"] == [
        {"approvalsNeeded": 1, "approvers": {"principals": ["group:privacy@example.org"]}}
    ]


def test_the_alert_is_there_first() -> None:
    found = declare(lambda: BreakGlass("b", ARGS) and None)
    before = found.before(found.one("entitlement"))
    assert "gcp:monitoring/alertPolicy:AlertPolicy::b-used" in before


def test_above_a_project() -> None:
    args = replace(
        ARGS,
        parent="folders/77",
        alert=UsageAlertArgs("careplane-cell", ("channel",), BUCKET),
        notified=("privacy@example.org",),
    )
    found = declare(lambda: BreakGlass("b", args) and None)
    inputs = found.one("entitlement").inputs
    access = inputs["privilegedAccess"]["gcpIamAccess"]
    assert access["resourceType"] == "cloudresourcemanager.googleapis.com/Folder"
    assert inputs["additionalNotificationTargets"] == {"adminEmailRecipients": ["privacy@example.org"]}
    assert found.one("logging/metric:Metric").inputs["bucketName"] == BUCKET


def test_without_approval_if_said_so() -> None:
    args = replace(ARGS, approvers=(), unapproved=True)
    assert "approvalWorkflow" not in declare(lambda: BreakGlass("b", args) and None).one("entitlement").inputs


@pytest.mark.parametrize(
    ("changes", "named"),
    [
        ({"minutes": 721}, "minutes: 721 is not allowed; allowed: 30 to 720"),
        ({"minutes": 29}, "minutes"),
        ({"approvers": ()}, "approvers: nothing was given; allowed: approvers, or unapproved=True"),
        ({"unapproved": True}, "approvers: 'group:privacy@example.org'"),
        ({"eligible": ()}, "eligible: nothing was given"),
        ({"eligible": ("allUsers",)}, "eligible: 'allUsers'"),
        ({"approvers": ("somebody",)}, "approvers: 'somebody'"),
        ({"roles": ()}, "roles: nothing was given"),
        ({"roles": ("roles/owner",)}, "roles: 'roles/owner' is not allowed"),
        ({"entitlement": "Emergency!"}, "entitlement: 'Emergency!'"),
        ({"parent": "careplane-cell"}, "parent: .*allowed: folders/ID, organizations/ID, projects/ID"),
        (
            {"parent": "folders/77"},
            "alert: bucket: nothing was given; allowed: a log bucket of careplane-cell that a sink",
        ),
        ({"alert": UsageAlertArgs("careplane-other", ("channel",))}, "alert: bucket: nothing was given"),
    ],
)
def test_refused(changes: dict[str, object], named: str) -> None:
    with pytest.raises(ConfigError, match=named):
        replace(ARGS, **changes)  # type: ignore[arg-type]
