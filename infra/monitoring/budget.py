"""A monthly budget that tells people and programs how much of it is spent. It stops nothing.

https://cloud.google.com/billing/docs/how-to/budgets
"""

from __future__ import annotations

import re
from dataclasses import dataclass

import pulumi
from pulumi_gcp import billing

from infra.errors import ConfigError

CURRENCY = re.compile(r"[A-Z]{3}")
MOST_CHANNELS = 5


@dataclass(frozen=True)
class BudgetArgs:
    """`amount` a month in whole `currency`, for `projects` (projects/NUMBER), or all of the account's.

    `thresholds` are shares of it spent, `forecast` one expected by the month's end. `channels` are e-mail
    channels, `topic` a Pub/Sub topic that Cloud Billing publishes to. Without channels Google writes to the
    account's administrators.
    """

    billing_account: str
    title: str
    amount: int
    currency: str = "EUR"
    projects: tuple[pulumi.Input[str], ...] = ()
    thresholds: tuple[float, ...] = (0.5, 0.9, 1.0)
    forecast: float | None = 1.0
    channels: tuple[pulumi.Input[str], ...] = ()
    topic: pulumi.Input[str] | None = None
    depends_on: tuple[pulumi.Resource, ...] = ()

    def __post_init__(self) -> None:
        if self.amount < 1:
            raise ConfigError("budget amount", self.amount, "1 or more")
        if not CURRENCY.fullmatch(self.currency):
            raise ConfigError("budget currency", self.currency, "an ISO 4217 code such as EUR")
        if not self.thresholds or min(self.thresholds) <= 0:
            raise ConfigError("budget thresholds", self.thresholds, "shares above 0, one or more")
        if len(self.channels) > MOST_CHANNELS:
            raise ConfigError("budget channels", len(self.channels), f"up to {MOST_CHANNELS}")

    def rules(self) -> list[billing.BudgetThresholdRuleArgsDict]:
        spent: list[billing.BudgetThresholdRuleArgsDict] = [
            {"threshold_percent": share, "spend_basis": "CURRENT_SPEND"} for share in self.thresholds
        ]
        if self.forecast:
            spent.append({"threshold_percent": self.forecast, "spend_basis": "FORECASTED_SPEND"})
        return spent


class Budget(pulumi.ComponentResource):
    """`id` is the full name."""

    id: pulumi.Output[str]

    def __init__(self, name: str, args: BudgetArgs, opts: pulumi.ResourceOptions | None = None) -> None:
        super().__init__("careplane:monitoring:Budget", name, {}, opts)
        self.id = billing.Budget(
            name,
            billing_account=args.billing_account,
            display_name=args.title,
            amount={"specified_amount": {"currency_code": args.currency, "units": str(args.amount)}},
            budget_filter={"calendar_period": "MONTH", "projects": list(args.projects) or None},
            threshold_rules=args.rules(),
            all_updates_rule=_updates(args),
            opts=pulumi.ResourceOptions(parent=self, depends_on=list(args.depends_on)),
        ).id
        self.register_outputs({"id": self.id})


def _updates(args: BudgetArgs) -> billing.BudgetAllUpdatesRuleArgsDict | None:
    if not args.channels and args.topic is None:
        return None
    return {
        "monitoring_notification_channels": list(args.channels) or None,
        "pubsub_topic": args.topic,
        "schema_version": "1.0",
        "disable_default_iam_recipients": bool(args.channels),
    }
