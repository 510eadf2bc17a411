"""A probe of an endpoint from outside, and an alert when places agree that it fails.

https://cloud.google.com/monitoring/uptime-checks
"""

from __future__ import annotations

from dataclasses import dataclass

import pulumi
from pulumi_gcp import monitoring

from infra.errors import ConfigError

METRIC = "monitoring.googleapis.com/uptime_check/check_passed"
PERIODS = (60, 300, 600, 900)
"""Seconds; Google allows no others."""


@dataclass(frozen=True)
class UptimeArgs:
    """`host` answers at https://HOST/`path`, which must need no sign-in and name no patient.

    `period` and `timeout` in seconds. Two failing places alert: one may have a fault of its own.
    """

    project: pulumi.Input[str]
    title: str
    host: pulumi.Input[str]
    path: str = "/healthz"
    period: int = 60
    timeout: int = 10
    channels: tuple[pulumi.Input[str], ...] = ()
    depends_on: tuple[pulumi.Resource, ...] = ()

    def __post_init__(self) -> None:
        if self.period not in PERIODS:
            raise ConfigError("uptime period", self.period, [str(each) for each in PERIODS])
        if not 1 <= self.timeout <= min(60, self.period):
            raise ConfigError("uptime timeout", self.timeout, "1 to 60, and no more than the period")
        if not self.path.startswith("/"):
            raise ConfigError("uptime path", self.path, "a path that begins with /")
        if isinstance(self.host, str) and "/" in self.host:
            raise ConfigError("uptime host", self.host, "a host name alone")


class UptimeCheck(pulumi.ComponentResource):
    """`id` is what the check's measurements are labelled with."""

    id: pulumi.Output[str]

    def __init__(self, name: str, args: UptimeArgs, opts: pulumi.ResourceOptions | None = None) -> None:
        super().__init__("careplane:monitoring:UptimeCheck", name, {}, opts)
        check = monitoring.UptimeCheckConfig(
            name,
            project=args.project,
            display_name=args.title,
            period=f"{args.period}s",
            timeout=f"{args.timeout}s",
            http_check={
                "path": args.path,
                "port": 443,
                "request_method": "GET",
                "use_ssl": True,
                "validate_ssl": True,
            },
            monitored_resource={
                "type": "uptime_url",
                "labels": {"project_id": args.project, "host": args.host},
            },
            opts=pulumi.ResourceOptions(parent=self, depends_on=list(args.depends_on)),
        )
        self.id = check.uptime_check_id
        monitoring.AlertPolicy(
            name,
            project=args.project,
            display_name=f"{args.title} does not answer",
            combiner="OR",
            severity="CRITICAL",
            conditions=[_failing(self.id)],
            notification_channels=list(args.channels) or None,
            opts=pulumi.ResourceOptions(parent=self),
        )
        self.register_outputs({"id": self.id})


def _failing(check: pulumi.Output[str]) -> monitoring.AlertPolicyConditionArgsDict:
    return {
        "display_name": "two places or more",
        "condition_threshold": {
            "filter": pulumi.Output.concat(
                f'metric.type="{METRIC}" AND resource.type="uptime_url" AND metric.labels.check_id="',
                check,
                '"',
            ),
            "comparison": "COMPARISON_GT",
            "threshold_value": 1,
            "duration": "60s",
            "aggregations": [
                {
                    "alignment_period": "1200s",
                    "per_series_aligner": "ALIGN_NEXT_OLDER",
                    "cross_series_reducer": "REDUCE_COUNT_FALSE",
                    "group_by_fields": ["resource.label.*"],
                }
            ],
        },
    }
