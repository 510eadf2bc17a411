"""An alert whenever an emergency right is asked for, approved or taken up.

https://cloud.google.com/iam/docs/audit-logging/audit-logging-pam
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import pulumi
from pulumi_gcp import logging, monitoring

from infra.errors import ConfigError

SERVICE = "privilegedaccessmanager.googleapis.com"
METHODS = r"([.](CreateGrant|ApproveGrant)|^PAMActivateGrant)$"


@dataclass(frozen=True)
class UsageAlertArgs:
    """`channels` are told. The log entries lie in `project`, or in its log bucket `bucket` (full name).

    An entitlement of a folder or an organisation logs there: a sink must bring its entries to `bucket`, since
    Google matches entries in the project that they were written in, and no others.
    """

    project: pulumi.Input[str]
    channels: tuple[pulumi.Input[str], ...]
    bucket: pulumi.Input[str] | None = None

    def __post_init__(self) -> None:
        if not self.channels:
            raise ConfigError("channels", None, "at least one notification channel")


class UsageAlert(pulumi.ComponentResource):
    def __init__(
        self,
        name: str,
        args: UsageAlertArgs,
        entitlement: str,
        opts: pulumi.ResourceOptions | None = None,
    ) -> None:
        super().__init__("careplane:identity:UsageAlert", name, {}, opts)
        seen = usage_filter(entitlement)
        how = (
            {"condition_matched_log": {"filter": seen}}
            if args.bucket is None
            else {"condition_threshold": self._threshold(name, args, entitlement, seen)}
        )
        conditions: Any = [{"display_name": "asked for, approved or taken up", **how}]
        monitoring.AlertPolicy(
            name,
            project=args.project,
            display_name=f"Emergency rights used: {entitlement}",
            combiner="OR",
            severity="CRITICAL",
            conditions=conditions,
            alert_strategy={
                "auto_close": "86400s",
                "notification_rate_limit": {"period": "300s"} if args.bucket is None else None,
            },
            notification_channels=list(args.channels),
            documentation={
                "content": f"Somebody uses {entitlement}. Ask who and why; revoke it if nobody can say.",
                "mime_type": "text/markdown",
            },
            opts=pulumi.ResourceOptions(parent=self),
        )
        self.register_outputs({})

    def _threshold(self, name: str, args: UsageAlertArgs, entitlement: str, seen: str) -> dict[str, Any]:
        """A metric over the bucket, for entries that come from elsewhere."""
        metric = logging.Metric(
            name,
            project=args.project,
            name=f"break-glass-{entitlement}",
            bucket_name=args.bucket,
            filter=seen,
            metric_descriptor={"metric_kind": "DELTA", "value_type": "INT64"},
            opts=pulumi.ResourceOptions(parent=self),
        )
        return {
            "filter": metric.name.apply(
                lambda each: (
                    f'metric.type="logging.googleapis.com/user/{each}" AND resource.type="logging_bucket"'
                )
            ),
            "comparison": "COMPARISON_GT",
            "threshold_value": 0,
            "duration": "0s",
            "aggregations": [{"alignment_period": "60s", "per_series_aligner": "ALIGN_DELTA"}],
        }


def usage_filter(entitlement: str) -> str:
    """Log entries about grants of one entitlement."""
    return (
        f'protoPayload.serviceName="{SERVICE}" AND protoPayload.methodName=~"{METHODS}" AND '
        f'protoPayload.resourceName=~"/entitlements/{entitlement}(/|$)"'
    )
