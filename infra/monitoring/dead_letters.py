"""An alert when messages that nobody could process pile up."""

from __future__ import annotations

from dataclasses import dataclass

import pulumi
from pulumi_gcp import monitoring

METRIC = "pubsub.googleapis.com/subscription/num_undelivered_messages"


@dataclass(frozen=True)
class DeadLetterAlertArgs:
    """`subscription` is the short name of the one that collects dead letters; `channels` hear of them."""

    project: pulumi.Input[str]
    subscription: str
    depends_on: tuple[pulumi.Resource, ...] = ()
    channels: tuple[pulumi.Input[str], ...] = ()


class DeadLetterAlert(pulumi.ComponentResource):
    def __init__(
        self, name: str, args: DeadLetterAlertArgs, opts: pulumi.ResourceOptions | None = None
    ) -> None:
        super().__init__("careplane:monitoring:DeadLetterAlert", name, {}, opts)
        monitoring.AlertPolicy(
            name,
            project=args.project,
            display_name=f"Dead letters in {args.subscription}",
            combiner="OR",
            conditions=[
                {
                    "display_name": "any message",
                    "condition_threshold": {
                        "filter": f'metric.type="{METRIC}" AND resource.type="pubsub_subscription" AND '
                        f'resource.labels.subscription_id="{args.subscription}"',
                        "comparison": "COMPARISON_GT",
                        "duration": "0s",
                        "threshold_value": 0,
                        "aggregations": [{"alignment_period": "60s", "per_series_aligner": "ALIGN_MAX"}],
                    },
                }
            ],
            notification_channels=list(args.channels) or None,
            opts=pulumi.ResourceOptions(parent=self, depends_on=list(args.depends_on)),
        )
        self.register_outputs({})
