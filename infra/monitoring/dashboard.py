"""A dashboard from a list of charts.

https://cloud.google.com/monitoring/api/ref_v3/rest/v1/projects.dashboards
"""

from __future__ import annotations

import json
from dataclasses import dataclass
from typing import Any

import pulumi
from pulumi_gcp import monitoring

from infra.errors import ConfigError
from infra.monitoring.signals import Signal

COLUMNS, WIDTH, HEIGHT = 48, 24, 16
PERIOD = "60s"


@dataclass(frozen=True)
class Chart:
    """A line for each series that `filter` selects, or for each value of `group_by`."""

    title: str
    filter: str
    aligner: str = "ALIGN_RATE"
    reducer: str = "REDUCE_SUM"
    group_by: tuple[str, ...] = ()

    def widget(self) -> dict[str, Any]:
        aggregation: dict[str, Any] = {
            "alignmentPeriod": PERIOD,
            "perSeriesAligner": self.aligner,
            "crossSeriesReducer": self.reducer,
        } | ({"groupByFields": list(self.group_by)} if self.group_by else {})
        query = {"timeSeriesFilter": {"filter": self.filter, "aggregation": aggregation}}
        data = {"timeSeriesQuery": query, "plotType": "LINE", "targetAxis": "Y1"}
        return {"title": self.title, "xyChart": {"dataSets": [data]}}


def service_charts(signal: Signal) -> tuple[Chart, ...]:
    """Traffic, errors and latency of one service."""
    return (
        Chart("Requests a second", signal.total, group_by=("metric.label.response_code_class",)),
        Chart("Failed requests a second", signal.failed),
        Chart("Latency, median (ms)", signal.latency, "ALIGN_DELTA", "REDUCE_PERCENTILE_50"),
        Chart("Latency, 95th percentile (ms)", signal.latency, "ALIGN_DELTA", "REDUCE_PERCENTILE_95"),
    )


def subscription_chart(subscription: str) -> Chart:
    """How old the oldest message is that a subscription has not delivered, in seconds."""
    metric = "pubsub.googleapis.com/subscription/oldest_unacked_message_age"
    chosen = f'resource.labels.subscription_id="{subscription}"'
    return Chart(
        f"Oldest message in {subscription} (s)",
        f'metric.type="{metric}" AND resource.type="pubsub_subscription" AND {chosen}',
        "ALIGN_MAX",
        "REDUCE_MAX",
    )


@dataclass(frozen=True)
class DashboardArgs:
    """Two charts a row, in the order given."""

    project: pulumi.Input[str]
    title: str
    charts: tuple[Chart, ...]
    depends_on: tuple[pulumi.Resource, ...] = ()

    def __post_init__(self) -> None:
        if not self.charts:
            raise ConfigError("dashboard charts", None, "one chart or more")

    def text(self) -> str:
        """The dashboard as JSON, its keys sorted so that nothing changes between two runs."""
        tiles = [_tile(place, chart) for place, chart in enumerate(self.charts)]
        layout = {"displayName": self.title, "mosaicLayout": {"columns": COLUMNS, "tiles": tiles}}
        return json.dumps(layout, sort_keys=True)


class Dashboard(pulumi.ComponentResource):
    """`id` is the full name."""

    id: pulumi.Output[str]

    def __init__(self, name: str, args: DashboardArgs, opts: pulumi.ResourceOptions | None = None) -> None:
        super().__init__("careplane:monitoring:Dashboard", name, {}, opts)
        self.id = monitoring.Dashboard(
            name,
            project=args.project,
            dashboard_json=args.text(),
            opts=pulumi.ResourceOptions(parent=self, depends_on=list(args.depends_on)),
        ).id
        self.register_outputs({"id": self.id})


def _tile(place: int, chart: Chart) -> dict[str, Any]:
    """Without a position of 0: Google drops those, and each preview would show them as a change."""
    row, column = divmod(place, COLUMNS // WIDTH)
    position = {"xPos": column * WIDTH, "yPos": row * HEIGHT}
    size = {"width": WIDTH, "height": HEIGHT, "widget": chart.widget()}
    return {key: value for key, value in position.items() if value} | size
