"""Where a service's requests are counted and timed: at Cloud Run, or at the load balancer.

https://cloud.google.com/monitoring/api/metrics_gcp
"""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True)
class Signal:
    """Monitoring filters of all requests, of failed ones, and of their latencies in milliseconds."""

    total: str
    failed: str
    latency: str


def run_signal(project: str, region: str, service: str) -> Signal:
    """Requests that a Cloud Run service answered, whoever sent them."""
    resource = (
        f'resource.type="cloud_run_revision" AND resource.labels.project_id="{project}" AND '
        f'resource.labels.location="{region}" AND resource.labels.service_name="{service}"'
    )
    total = f'metric.type="run.googleapis.com/request_count" AND {resource}'
    return Signal(
        total,
        f'{total} AND metric.labels.response_code_class="5xx"',
        f'metric.type="run.googleapis.com/request_latencies" AND {resource}',
    )


def load_balancer_signal(project: str, backend: str) -> Signal:
    """Requests to one backend service of the external load balancer: all tenants of a cell together."""
    resource = (
        f'resource.type="https_lb_rule" AND resource.labels.project_id="{project}" AND '
        f'resource.labels.backend_target_name="{backend}"'
    )
    total = f'metric.type="loadbalancing.googleapis.com/https/request_count" AND {resource}'
    return Signal(
        total,
        f"{total} AND metric.labels.response_code_class=500",
        f'metric.type="loadbalancing.googleapis.com/https/total_latencies" AND {resource}',
    )
