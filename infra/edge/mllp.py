"""HL7v2 over MLLP and TLS: a network load balancer on port 2575 to the instances that run the adapter.

Serverless backends take HTTP only. The load balancer passes packets through, so TLS ends, with the hospital's
client certificate, in the adapter and nowhere before. Only named hospitals' ranges reach it (checks 42, 47).
https://cloud.google.com/load-balancing/docs/network/networklb-backend-service
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Literal

import pulumi
from pulumi_gcp import compute

from infra.edge.adapter import Adapter, AdapterArgs
from infra.edge.mllp_firewall import MllpFirewall, MllpFirewallArgs, require_hospitals
from infra.errors import ConfigError
from infra.network.ranges import require_port
from infra.site import Site


@dataclass(frozen=True)
class MllpArgs:
    """`hospitals` maps each to the ranges that it sends from. `EXTERNAL`: over the internet, from public
    ranges. `INTERNAL`: over VPN or Interconnect, to an address of the adapter's subnetwork.

    `adapter` says what runs; its `port` is the load balancer's.
    """

    site: Site
    network: pulumi.Input[str]
    adapter: AdapterArgs
    hospitals: Mapping[str, tuple[str, ...]] = field(default_factory=dict)
    exposure: Literal["EXTERNAL", "INTERNAL"] = "INTERNAL"
    name: str = "mllp"

    def __post_init__(self) -> None:
        if self.exposure not in ("EXTERNAL", "INTERNAL"):
            raise ConfigError("mllp.exposure", self.exposure, ("EXTERNAL", "INTERNAL"))
        require_port("mllp.port", str(self.adapter.port))
        require_hospitals(self.hospitals, self.exposure == "EXTERNAL")


class Mllp(pulumi.ComponentResource):
    """`address` and `port` for the hospitals; `member` is the adapter's identity, for grants."""

    address: pulumi.Output[str]
    member: pulumi.Output[str]

    def __init__(self, name: str, args: MllpArgs, opts: pulumi.ResourceOptions | None = None) -> None:
        super().__init__("careplane:edge:Mllp", name, {}, opts)
        self._name, self._args = name, args
        self._child = pulumi.ResourceOptions(parent=self)
        self._external = args.exposure == "EXTERNAL"
        self.port = args.adapter.port
        adapter = Adapter(f"{name}-adapter", args.adapter, self._child)
        self.member = adapter.member
        self.address = self._address()
        self._rule(self._backend(adapter.group))
        MllpFirewall(
            f"{name}-firewall",
            MllpFirewallArgs(
                args.site, args.network, args.hospitals, adapter.email, self.port, self._external, args.name
            ),
            self._child,
        )
        self.register_outputs({"address": self.address, "port": self.port})

    def _address(self) -> pulumi.Output[str]:
        return compute.Address(
            self._name,
            name=self._args.name,
            project=self._args.site.project,
            region=self._args.site.region,
            address_type=self._args.exposure,
            subnetwork=None if self._external else self._args.adapter.subnetwork,
            purpose=None if self._external else "GCE_ENDPOINT",
            labels=dict(self._args.site.labels),
            opts=self._args.site.guard(self),
        ).address

    def _backend(self, group: pulumi.Input[str]) -> compute.RegionBackendService:
        args = self._args
        check = compute.RegionHealthCheck(
            self._name,
            name=args.name,
            project=args.site.project,
            region=args.site.region,
            check_interval_sec=5,
            timeout_sec=5,
            healthy_threshold=2,
            unhealthy_threshold=2,
            tcp_health_check={"port": self.port},
            log_config={"enable": True},
            opts=self._child,
        )
        # An acknowledgement may be a minute away: connections in use are drained, not cut.
        return compute.RegionBackendService(
            self._name,
            name=args.name,
            project=args.site.project,
            region=args.site.region,
            load_balancing_scheme=args.exposure,
            network=None if self._external else args.network,
            protocol="TCP",
            backends=[{"group": group, "balancing_mode": "CONNECTION"}],
            health_checks=check.id,
            connection_draining_timeout_sec=60,
            log_config={"enable": True, "sample_rate": 1.0},
            opts=self._child,
        )

    def _rule(self, backend: compute.RegionBackendService) -> None:
        args = self._args
        compute.ForwardingRule(
            self._name,
            name=args.name,
            project=args.site.project,
            region=args.site.region,
            load_balancing_scheme=args.exposure,
            ip_address=self.address,
            ip_protocol="TCP",
            ports=[str(self.port)],
            network=None if self._external else args.network,
            subnetwork=None if self._external else args.adapter.subnetwork,
            backend_service=backend.id,
            labels=dict(args.site.labels),
            opts=self._child,
        )
