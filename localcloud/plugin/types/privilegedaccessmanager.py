"""Privileged Access Manager: https://cloud.google.com/iam/docs/reference/pam/rest"""

from __future__ import annotations

from typing import Any

from localcloud.plugin.diff import as_set
from localcloud.plugin.kinds import Field, Kind


def _listed(value: Any) -> Any:
    """At most one, but a list in Google's API."""
    return [value] if value else None


KINDS = (
    Kind(
        token="gcp:privilegedaccessmanager/entitlement:entitlement",
        api="privilegedAccessManager",
        path="{parent}/locations/{location}/entitlements/{entitlementId}",
        create_query={"entitlementId": "{entitlementId}"},
        delete_query={"force": "true"},
        autoname=False,
        defaults={"approvalWorkflow.manualApprovals.steps.approvalsNeeded": 1},
        fields={
            "requesterJustificationConfig": Field(keep=True),
            "requesterJustificationConfig.notMandatory": Field(keep=True),
            "requesterJustificationConfig.unstructured": Field(keep=True),
            "additionalNotificationTargets": Field(keep=True),
            "approvalWorkflow.manualApprovals.steps.approvers": Field(encode=_listed),
        },
        computed=frozenset(
            {
                "approvalWorkflow.manualApprovals.steps.id",
                "privilegedAccess.gcpIamAccess.roleBindings.id",
            }
        ),
        equal={
            "eligibleUsers.principals": as_set,
            "approvalWorkflow.manualApprovals.steps.approvers.principals": as_set,
        },
    ),
)
