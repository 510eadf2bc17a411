"""The cell's network: custom subnets, flow logs, Private Google Access, private services, no way out.

Checks 43, 44, 46, 47, 60 and 61. Tenants' projects share it (Shared VPC): one default-deny, one private
connection to Cloud SQL.
"""

from __future__ import annotations

import ipaddress
import itertools
from collections.abc import Mapping
from dataclasses import dataclass, field

import pulumi
from pulumi_gcp import compute, servicenetworking

from infra.errors import ConfigError
from infra.network.exceptions import EgressException, EgressExceptions, ExceptionsArgs, require_distinct
from infra.network.nat import Nat, NatArgs
from infra.network.ranges import require_range
from infra.network.subnet import subnetwork
from infra.site import Site

RUN = "run"
"""The subnet of Cloud Run's interfaces."""
RESTRICTED_VIP = "199.36.153.4/30"
"""restricted.googleapis.com: the Google APIs that service perimeters cover."""


@dataclass(frozen=True)
class NetworkArgs:
    """`services_address`/20 is reserved for Cloud SQL; `subnet` holds Cloud Run's interfaces.

    `exceptions` are the only ways out besides Google's APIs; one with a public range brings Cloud NAT, from
    `nat_addresses` where a peer lists its callers. `subnets` are further ones, range by name, in the site's
    region, e.g. for the MLLP adapter.
    """

    site: Site
    name: str
    subnet: str = "10.10.0.0/20"
    services_address: str = "10.20.0.0"
    depends_on: tuple[pulumi.Resource, ...] = ()
    exceptions: tuple[EgressException, ...] = ()
    subnets: Mapping[str, str] = field(default_factory=dict)
    nat_addresses: tuple[pulumi.Input[str], ...] = ()

    def __post_init__(self) -> None:
        require_distinct(self.exceptions)
        ranges = [self.subnet, f"{self.services_address}/20", *self.subnets.values()]
        networks = [ipaddress.ip_network(require_range("subnets", each)) for each in ranges]
        for one, other in itertools.combinations(networks, 2):
            if one.overlaps(other):
                raise ConfigError("subnets", str(other), f"a range that does not overlap {one}")
        if RUN in self.subnets:
            raise ConfigError("subnets", RUN, f"any name but {RUN!r}, which holds `subnet`")
        if self.nat_addresses and not self.needs_nat:
            raise ConfigError("nat_addresses", "given", "none without an exception that has a public range")

    @property
    def needs_nat(self) -> bool:
        return any(each.public for each in self.exceptions)


class Network(pulumi.ComponentResource):
    """`private_services` must exist before an instance with a private address. `subnetworks` by name."""

    network: compute.Network
    subnetwork: compute.Subnetwork
    subnetworks: dict[str, compute.Subnetwork]
    private_services: servicenetworking.Connection
    nat: Nat | None

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
        self.subnetwork = self._subnetwork(RUN, args.subnet)
        further = {name: self._subnetwork(name, cidr) for name, cidr in args.subnets.items()}
        self.subnetworks = {RUN: self.subnetwork, **further}
        self.private_services = self._private_services()
        self._route()
        self._firewalls()
        self.nat = self._exceptions()
        self.register_outputs({"network": self.network.id, "subnetwork": self.subnetwork.id})

    def _subnetwork(self, name: str, cidr: str) -> compute.Subnetwork:
        return subnetwork(f"{self._name}-{name}", self._args.site, self.network.id, name, cidr, self._child)

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
        self._deny_ingress()

    def _deny_ingress(self) -> None:
        """Google's implied rule denies too, but logs nothing."""
        compute.Firewall(
            f"{self._name}-deny-ingress",
            name="deny-ingress",
            project=self._args.site.project,
            network=self.network.name,
            direction="INGRESS",
            priority=65534,
            denies=[{"protocol": "all"}],
            source_ranges=["0.0.0.0/0"],
            log_config={"metadata": "INCLUDE_ALL_METADATA"},
            opts=self._child,
        )

    def _exceptions(self) -> Nat | None:
        site, given = self._args.site, self._args.exceptions
        if given:
            EgressExceptions(
                f"{self._name}-exceptions", ExceptionsArgs(site, self.network.name, given), self._child
            )
        if not self._args.needs_nat:
            return None
        inside = tuple(each.id for each in self.subnetworks.values())
        nat = NatArgs(site, self.network.id, inside, self._args.nat_addresses)
        return Nat(f"{self._name}-nat", nat, self._child)

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
