"""What a tenant may expect of its service, and alerts when the error budget burns too fast.

Two windows each, as in Google's SRE workbook (chapter 5): 14.4 times the budget's pace over an hour and
5 minutes uses 2 % of a 30-day budget, 6 times over 6 hours and 30 minutes 5 %.
https://sre.google/workbook/alerting-on-slos/
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import NamedTuple

import pulumi
from pulumi_gcp import monitoring

from infra.errors import ConfigError
from infra.monitoring.signals import Signal


class Burn(NamedTuple):
    """An alert when the budget burns `rate` times too fast over both windows, in seconds."""

    name: str
    rate: float
    windows: tuple[int, int]
    severity: str


BURNS = (Burn("fast", 14.4, (3600, 300), "CRITICAL"), Burn("slow", 6, (21600, 1800), "ERROR"))
LONGEST_PERIOD = 30
LABEL = re.compile(r"[a-z0-9_-]{1,63}")


@dataclass(frozen=True)
class SloArgs:
    """Goals are shares of requests: answered without a 5xx, and within `latency_ms`, over `days` days.

    `tenant` names the service in `project`, and labels all that is made.
    """

    project: pulumi.Input[str]
    tenant: str
    signal: Signal
    availability: float = 0.999
    latency: float = 0.95
    latency_ms: int = 1000
    days: int = 28
    channels: tuple[pulumi.Input[str], ...] = ()
    depends_on: tuple[pulumi.Resource, ...] = ()

    def __post_init__(self) -> None:
        if not LABEL.fullmatch(self.tenant):
            raise ConfigError("SLO tenant", self.tenant, "lower-case letters, digits, - and _, up to 63")
        for key in ("availability", "latency"):
            if not 0 < getattr(self, key) <= 0.9999:
                raise ConfigError(f"SLO {key}", getattr(self, key), "more than 0, up to 0.9999")
        if not 1 <= self.days <= LONGEST_PERIOD:
            raise ConfigError("SLO days", self.days, f"1 to {LONGEST_PERIOD}")
        if self.latency_ms < 1:
            raise ConfigError("SLO latency_ms", self.latency_ms, "1 or more")


class TenantSlo(pulumi.ComponentResource):
    """`objectives` maps `availability` and `latency` to the full names of the SLOs."""

    objectives: dict[str, pulumi.Output[str]]

    def __init__(self, name: str, args: SloArgs, opts: pulumi.ResourceOptions | None = None) -> None:
        super().__init__("careplane:monitoring:TenantSlo", name, {}, opts)
        self._name, self._args = name, args
        self.service = monitoring.CustomService(
            name,
            project=args.project,
            service_id=args.tenant,
            display_name=args.tenant,
            user_labels={"tenant": args.tenant},
            opts=pulumi.ResourceOptions(parent=self, depends_on=list(args.depends_on)),
        )
        self.objectives = {"availability": self._availability(), "latency": self._latency()}
        for objective, slo in self.objectives.items():
            for burn in BURNS:
                self._alert(objective, slo, burn)
        self.register_outputs({"objectives": self.objectives})

    def _availability(self) -> pulumi.Output[str]:
        signal = self._args.signal
        return self._slo(
            "availability",
            self._args.availability,
            {"good_total_ratio": {"total_service_filter": signal.total, "bad_service_filter": signal.failed}},
        )

    def _latency(self) -> pulumi.Output[str]:
        cut: monitoring.SloRequestBasedSliDistributionCutArgsDict = {
            "distribution_filter": self._args.signal.latency,
            "range": {"max": float(self._args.latency_ms)},
        }
        return self._slo("latency", self._args.latency, {"distribution_cut": cut})

    def _slo(
        self, objective: str, goal: float, sli: monitoring.SloRequestBasedSliArgsDict
    ) -> pulumi.Output[str]:
        return monitoring.Slo(
            f"{self._name}-{objective}",
            project=self._args.project,
            service=self.service.service_id,
            slo_id=objective,
            display_name=f"{self._args.tenant}: {objective}",
            goal=goal,
            rolling_period_days=self._args.days,
            request_based_sli=sli,
            user_labels={"tenant": self._args.tenant},
            opts=pulumi.ResourceOptions(parent=self),
        ).id

    def _alert(self, objective: str, slo: pulumi.Output[str], burn: Burn) -> None:
        monitoring.AlertPolicy(
            f"{self._name}-{objective}-{burn.name}",
            project=self._args.project,
            display_name=f"{self._args.tenant}: {objective} budget burns {burn.rate:g} times too fast",
            combiner="AND",
            severity=burn.severity,
            conditions=[_condition(slo, burn.rate, window) for window in burn.windows],
            notification_channels=list(self._args.channels) or None,
            user_labels={"tenant": self._args.tenant},
            opts=pulumi.ResourceOptions(parent=self),
        )


def _condition(slo: pulumi.Output[str], rate: float, seconds: int) -> monitoring.AlertPolicyConditionArgsDict:
    return {
        "display_name": f"over {seconds // 60} minutes",
        "condition_threshold": {
            "filter": pulumi.Output.concat('select_slo_burn_rate("', slo, f'", "{seconds}s")'),
            "comparison": "COMPARISON_GT",
            "threshold_value": rate,
            "duration": "0s",
        },
    }
