"""Who reaches the adapter: the hospitals' ranges and Google's health checks. Checks 42, 47 and 61."""

from __future__ import annotations

import itertools
from collections.abc import Mapping
from dataclasses import dataclass

import pulumi
from pulumi_gcp import compute

from infra.edge.domain import require_host
from infra.errors import ConfigError
from infra.network.ranges import is_public, require_ranges
from infra.site import Site

PROBES = ("130.211.0.0/22", "35.191.0.0/16")
EXTERNAL_PROBES = ("35.191.0.0/16", "209.85.152.0/22", "209.85.204.0/22")
"""https://cloud.google.com/load-balancing/docs/health-check-concepts#ip-ranges"""


@dataclass(frozen=True)
class MllpFirewallArgs:
    """The rules hold for `service_account`, the adapter's, alone. `external`: the ranges are public ones."""

    site: Site
    network: pulumi.Input[str]
    hospitals: Mapping[str, tuple[str, ...]]
    service_account: pulumi.Input[str]
    port: int
    external: bool
    name: str = "mllp"

    def __post_init__(self) -> None:
        require_hospitals(self.hospitals, self.external)

    @property
    def probes(self) -> list[str]:
        """Auto-healing probes from the first set, the external load balancer from the second."""
        return sorted({*PROBES, *(EXTERNAL_PROBES if self.external else ())})


def require_hospitals(hospitals: Mapping[str, tuple[str, ...]], external: bool) -> None:
    """Each hospital has ranges, of the kind that its way here needs, and shares none with another."""
    if not hospitals:
        raise ConfigError("mllp.hospitals", None, "at least one hospital with its ranges")
    kind = "public ranges (EXTERNAL)" if external else "private ranges (INTERNAL)"
    for hospital, ranges in hospitals.items():
        require_host("mllp.hospitals", hospital)
        require_ranges(f"mllp.hospitals.{hospital}", ranges)
        for each in ranges:
            if is_public(each) != external:
                raise ConfigError(f"mllp.hospitals.{hospital}", each, kind)
    every = list(itertools.chain.from_iterable(hospitals.values()))
    if len(set(every)) < len(every):
        raise ConfigError("mllp.hospitals", sorted(every), "each range at one hospital")


class MllpFirewall(pulumi.ComponentResource):
    """One rule a hospital, so that cutting one off is one line; and the way back to public ranges."""

    def __init__(self, name: str, args: MllpFirewallArgs, opts: pulumi.ResourceOptions | None = None) -> None:
        super().__init__("careplane:edge:MllpFirewall", name, {}, opts)
        self._name, self._args = name, args
        self._child = pulumi.ResourceOptions(parent=self)
        self._allow("probes", args.probes, "Health checks of the load balancer and the instance group")
        for hospital, ranges in args.hospitals.items():
            self._allow(hospital, list(ranges), f"HL7v2 from {hospital}")
        if args.external:
            self._routes()
        self.register_outputs({})

    def _allow(self, who: str, sources: list[str], description: str) -> None:
        compute.Firewall(
            f"{self._name}-{who}",
            name=f"{self._args.name}-{who}",
            description=description,
            project=self._args.site.project,
            network=self._args.network,
            direction="INGRESS",
            priority=1000,
            allows=[{"protocol": "tcp", "ports": [str(self._args.port)]}],
            source_ranges=sources,
            target_service_accounts=[self._args.service_account],
            log_config={"metadata": "INCLUDE_ALL_METADATA"},
            opts=self._child,
        )

    def _routes(self) -> None:
        """Answers go straight back to the hospital, and the network has no default route."""
        every = itertools.chain.from_iterable(self._args.hospitals.values())
        for number, destination in enumerate(every):
            compute.Route(
                f"{self._name}-return-{number}",
                name=f"{self._args.name}-return-{number}",
                project=self._args.site.project,
                network=self._args.network,
                dest_range=destination,
                next_hop_gateway="default-internet-gateway",
                opts=self._child,
            )
