"""Who hears of what happens in a cell: changes of what guards it, and what it costs."""

from __future__ import annotations

import pulumi

from infra.audit.bucket import AuditBucket
from infra.audit.changes import ChangeAlerts, ChangeAlertsArgs
from infra.config import CellConfig
from infra.monitoring.channels import Channels, ChannelsArgs
from infra.stack.housing import Housing


def watch(config: CellConfig, housing: Housing, bucket: AuditBucket) -> tuple[pulumi.Input[str], ...]:
    """The notification channels of the cell's project."""
    home, ready = housing.home, tuple(housing.home.ready)
    prefix = f"{config.site}-" if config.paired_stack else ""
    channels = Channels(
        "channels",
        ChannelsArgs(
            home.project,
            {f"{prefix}{each.partition('@')[0]}": each for each in config.contacts},
            depends_on=ready,
        ),
    )
    if config.paired_stack is None:
        ChangeAlerts("changes", ChangeAlertsArgs(home.project, bucket.id, channels.all, depends_on=ready))
    if config.monthly_budget and config.billing_account:
        from infra.monitoring.budget import Budget, BudgetArgs

        Budget(
            "budget",
            BudgetArgs(
                config.billing_account,
                f"careplane {config.place} {config.site}",
                config.monthly_budget,
                config.currency,
                tuple(pulumi.Output.concat("projects/", each.number) for each in housing.projects.values()),
                channels=channels.all,
                depends_on=ready,
            ),
        )
    return channels.all
