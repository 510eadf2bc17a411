"""The cell's network: custom subnets, flow logs, Private Google Access, private services, no way out.

Checks 43, 44, 46, 47, 60 and 61. Tenants' projects share it (Shared VPC): one default-deny, one private
connection to Cloud SQL.
"""

from __future__ import annotations

from dataclasses import dataclass

import pulumi
from pulumi_gcp import compute, servicenetworking

from infra.site import Site

RESTRICTED_VIP = "199.36.153.4/30"
"""restricted.googleapis.com: the Google APIs that service perimeters cover."""


@dataclass(frozen=True)
class NetworkArgs:
    """`services_address`/20 is reserved for Cloud SQL; `subnet` holds Cloud Run's interfaces."""

    site: Site
    name: str
    subnet: str = "10.10.0.0/20"
    services_address: str = "10.20.0.0"
    depends_on: tuple[pulumi.Resource, ...] = ()


class Network(pulumi.ComponentResource):
    """`private_services` must exist before an instance with a private address."""

    def __init__(self, name: str, args: NetworkArgs, opts: pulumi.ResourceOptions | None = None) -> None:
        super().__init__("careplane:network:Network", name, {}, opts)
        self._name, self._args = name, args
        self._child = pulumi.ResourceOptions(parent=self)
        self.network = compute.Network(
            name,
            name=args.name,
            project=args.site.project,
            auto_create_subnetworks=False,
            routing_mode="REGIONAL",
            delete_default_routes_on_create=True,
            opts=pulumi.ResourceOptions(parent=self, depends_on=list(args.depends_on)),
        )
        self.subnetwork = self._subnetwork()
        self.private_services = self._private_services()
        self._route()
        self._firewalls()
        self.register_outputs({"network": self.network.id, "subnetwork": self.subnetwork.id})

    def _subnetwork(self) -> compute.Subnetwork:
        return compute.Subnetwork(
            f"{self._name}-run",
            name="run",
            project=self._args.site.project,
            region=self._args.site.region,
            network=self.network.id,
            ip_cidr_range=self._args.subnet,
            private_ip_google_access=True,
            log_config={
                "aggregation_interval": "INTERVAL_5_SEC",
                "flow_sampling": 1.0,
                "metadata": "INCLUDE_ALL_METADATA",
            },
            opts=self._child,
        )

    def _private_services(self) -> servicenetworking.Connection:
        reserved = compute.GlobalAddress(
            f"{self._name}-services",
            name="private-services",
            project=self._args.site.project,
            purpose="VPC_PEERING",
            address_type="INTERNAL",
            address=self._args.services_address,
            prefix_length=20,
            network=self.network.id,
            opts=self._child,
        )
        # ABANDON: Google refuses to delete the connection for days after the last instance has gone.
        return servicenetworking.Connection(
            f"{self._name}-services",
            network=self.network.id,
            service="servicenetworking.googleapis.com",
            reserved_peering_ranges=[reserved.name],
            deletion_policy="ABANDON",
            opts=self._child,
        )

    def _route(self) -> None:
        compute.Route(
            f"{self._name}-restricted-vip",
            name="restricted-vip",
            project=self._args.site.project,
            network=self.network.name,
            dest_range=RESTRICTED_VIP,
            next_hop_gateway="default-internet-gateway",
            opts=self._child,
        )

    def _firewalls(self) -> None:
        services = f"{self._args.services_address}/20"
        self._firewall("deny-egress", 65534, "0.0.0.0/0", deny=True)
        self._firewall("allow-restricted-vip", 1000, RESTRICTED_VIP, ports=["443"])
        self._firewall("allow-private-services", 1000, services, ports=["3307", "5432"])

    def _firewall(
        self, rule: str, priority: int, destination: str, ports: list[str] | None = None, deny: bool = False
    ) -> None:
        compute.Firewall(
            f"{self._name}-{rule}",
            name=rule,
            project=self._args.site.project,
            network=self.network.name,
            direction="EGRESS",
            priority=priority,
            denies=[{"protocol": "all"}] if deny else None,
            allows=None if deny else [{"protocol": "tcp", "ports": ports or []}],
            destination_ranges=[destination],
            log_config={"metadata": "INCLUDE_ALL_METADATA"},
            opts=self._child,
        )
