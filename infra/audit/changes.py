"""An alert for each of the eight kinds of change that the CIS benchmark wants watched. Check 66.

CIS Google Cloud Platform Foundation Benchmark 2.4 to 2.11. The metrics count what reaches the audit bucket,
so one set watches every project whose sink ends there.
https://cloud.google.com/logging/docs/logs-based-metrics#bucket-metrics
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import NamedTuple

import pulumi
from pulumi_gcp import logging, monitoring


class Change(NamedTuple):
    """`cis` is the recommendation's number; `filter` is the recommendation's own."""

    name: str
    cis: str
    title: str
    filter: str


def _methods(resource: str, operator: str, *methods: str) -> str:
    named = " OR ".join(f'protoPayload.methodName{operator}"{method}"' for method in methods)
    return f'resource.type="{resource}" AND ({named})'


def _owner(action: str) -> str:
    delta = "protoPayload.serviceData.policyDelta.bindingDeltas"
    return f'({delta}.action="{action}" AND {delta}.role="roles/owner")'


CHANGES = (
    Change(
        "project-ownership",
        "2.4",
        "Project ownership assigned or changed",
        '(protoPayload.serviceName="cloudresourcemanager.googleapis.com") AND '
        f"(ProjectOwnership OR projectOwnerInvitee) OR {_owner('REMOVE')} OR {_owner('ADD')}",
    ),
    Change(
        "audit-configuration",
        "2.5",
        "Audit configuration changed",
        'protoPayload.methodName="SetIamPolicy" AND protoPayload.serviceData.policyDelta.auditConfigDeltas:*',
    ),
    Change(
        "custom-roles",
        "2.6",
        "Custom role changed",
        _methods(
            "iam_role",
            "=",
            "google.iam.admin.v1.CreateRole",
            "google.iam.admin.v1.DeleteRole",
            "google.iam.admin.v1.UpdateRole",
        ),
    ),
    Change(
        "vpc-firewall",
        "2.7",
        "VPC firewall rule changed",
        _methods(
            "gce_firewall_rule",
            ":",
            "compute.firewalls.patch",
            "compute.firewalls.insert",
            "compute.firewalls.delete",
        ),
    ),
    Change(
        "vpc-routes",
        "2.8",
        "VPC route changed",
        _methods("gce_route", ":", "compute.routes.delete", "compute.routes.insert"),
    ),
    Change(
        "vpc-network",
        "2.9",
        "VPC network changed",
        _methods(
            "gce_network",
            ":",
            "compute.networks.insert",
            "compute.networks.patch",
            "compute.networks.delete",
            "compute.networks.removePeering",
            "compute.networks.addPeering",
        ),
    ),
    Change(
        "storage-iam",
        "2.10",
        "Cloud Storage permissions changed",
        'resource.type="gcs_bucket" AND protoPayload.methodName="storage.setIamPermissions"',
    ),
    Change(
        "sql-configuration",
        "2.11",
        "SQL instance configuration changed",
        'protoPayload.methodName="cloudsql.instances.update"',
    ),
)


@dataclass(frozen=True)
class ChangeAlertsArgs:
    """`bucket` is the full name of the log bucket, which lies in `project`; `channels` hear of changes."""

    project: pulumi.Input[str]
    bucket: pulumi.Input[str]
    channels: tuple[pulumi.Input[str], ...] = ()
    depends_on: tuple[pulumi.Resource, ...] = ()


class ChangeAlerts(pulumi.ComponentResource):
    """A metric and an alert policy for each of `CHANGES`; any one change within a minute alerts."""

    def __init__(self, name: str, args: ChangeAlertsArgs, opts: pulumi.ResourceOptions | None = None) -> None:
        super().__init__("careplane:audit:ChangeAlerts", name, {}, opts)
        self._name, self._args = name, args
        for change in CHANGES:
            self._alert(change, self._metric(change))
        self.register_outputs({})

    def _metric(self, change: Change) -> logging.Metric:
        return logging.Metric(
            f"{self._name}-{change.name}",
            name=f"careplane-{change.name}",
            project=self._args.project,
            bucket_name=self._args.bucket,
            description=f"CIS {change.cis}: {change.title}",
            filter=change.filter,
            metric_descriptor={"metric_kind": "DELTA", "value_type": "INT64", "unit": "1"},
            opts=pulumi.ResourceOptions(parent=self, depends_on=list(self._args.depends_on)),
        )

    def _alert(self, change: Change, metric: logging.Metric) -> None:
        kind = f"logging.googleapis.com/user/careplane-{change.name}"
        monitoring.AlertPolicy(
            f"{self._name}-{change.name}",
            project=self._args.project,
            display_name=f"CIS {change.cis}: {change.title}",
            combiner="OR",
            severity="WARNING",
            conditions=[
                {
                    "display_name": "any change",
                    "condition_threshold": {
                        "filter": f'metric.type="{kind}" AND resource.type="logging_bucket"',
                        "comparison": "COMPARISON_GT",
                        "threshold_value": 0,
                        "duration": "0s",
                        "aggregations": [{"alignment_period": "60s", "per_series_aligner": "ALIGN_SUM"}],
                    },
                }
            ],
            notification_channels=list(self._args.channels) or None,
            # Google refuses a policy on a metric that it does not know yet.
            opts=pulumi.ResourceOptions(parent=self, depends_on=[metric]),
        )
