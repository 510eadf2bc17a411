"""A subnetwork: every flow logged, Google's APIs reached privately. Checks 43, 44 and 60."""

from __future__ import annotations

import pulumi
from pulumi_gcp import compute

from infra.site import Site


def subnetwork(
    resource: str,
    site: Site,
    network: pulumi.Input[str],
    name: str,
    addresses: str,
    opts: pulumi.ResourceOptions,
) -> compute.Subnetwork:
    """In the site's region, with `addresses` in CIDR form; `resource` is the logical name."""
    return compute.Subnetwork(
        resource,
        name=name,
        project=site.project,
        region=site.region,
        network=network,
        ip_cidr_range=addresses,
        private_ip_google_access=True,
        log_config={
            "aggregation_interval": "INTERVAL_5_SEC",
            "flow_sampling": 1.0,
            "metadata": "INCLUDE_ALL_METADATA",
        },
        opts=opts,
    )
