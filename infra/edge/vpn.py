"""A hospital's own HA VPN: two IKEv2 tunnels, two BGP sessions, 99.99 % with two peer addresses.

Nothing is opened by it: the firewall still names every range and port.
https://cloud.google.com/network-connectivity/docs/vpn/concepts/topologies
"""

from __future__ import annotations

import ipaddress
from dataclasses import dataclass, field

import pulumi
from pulumi_gcp import compute

from infra.edge.domain import require_name
from infra.edge.learned import LearnedArgs, LearnedRoutes
from infra.edge.private_asn import require_asn
from infra.errors import ConfigError
from infra.network.ranges import require_ranges
from infra.site import Site

LINK = ipaddress.IPv4Network("169.254.0.0/16")
TUNNELS = (0, 1)
REDUNDANCY = {1: "SINGLE_IP_INTERNALLY_REDUNDANT", 2: "TWO_IPS_REDUNDANCY"}


@dataclass(frozen=True)
class VpnArgs:
    """`peers` are the hospital's one or two gateway addresses, `asn` ours and `peer_asn` its BGP number.

    `secrets` (one a tunnel) are pulumi secrets, never plain text. `links` are two /30 of 169.254.0.0/16: the
    first address of each is ours. `advertised` is all that the hospital learns, `accepted` all that it
    may announce. With `attachments` the tunnels run over Interconnect instead of the internet.
    """

    site: Site
    network: pulumi.Input[str]
    hospital: str
    peers: tuple[str, ...]
    peer_asn: int
    secrets: tuple[pulumi.Output[str], pulumi.Output[str]] = field(repr=False)
    links: tuple[str, str]
    advertised: tuple[str, ...]
    accepted: tuple[str, ...]
    asn: int = 64514
    attachments: tuple[pulumi.Input[str], pulumi.Input[str]] | None = None

    def __post_init__(self) -> None:
        key = f"vpn.{self.hospital}"
        require_name("vpn.hospital", self.hospital)
        if len(self.peers) not in REDUNDANCY or len(set(self.peers)) < len(self.peers):
            raise ConfigError(f"{key}.peers", list(self.peers), "one or two different addresses")
        for peer in self.peers:
            _require_address(f"{key}.peers", peer)
        if len(self.secrets) != 2 or not all(isinstance(each, pulumi.Output) for each in self.secrets):
            raise ConfigError(
                f"{key}.secrets", "plain text", "two pulumi secrets, e.g. Config.require_secret"
            )
        require_asn(f"{key}.asn", self.asn)
        if not 1 <= self.peer_asn <= 4294967294 or self.peer_asn == self.asn:
            raise ConfigError(f"{key}.peer_asn", self.peer_asn, f"1 to 4294967294, other than {self.asn}")
        _require_links(f"{key}.links", self.links)
        require_ranges(f"{key}.advertised", self.advertised)
        require_ranges(f"{key}.accepted", self.accepted)

    def link(self, tunnel: int) -> tuple[str, str]:
        """Our address with its prefix, and the hospital's."""
        ours, theirs = ipaddress.ip_network(self.links[tunnel]).hosts()
        return f"{ours}/30", str(theirs)


class HospitalVpn(pulumi.ComponentResource):
    """`gateway` is ours; `addresses` are what the hospital's side dials, by tunnel."""

    gateway: pulumi.Output[str]
    addresses: pulumi.Output[list[str]]

    def __init__(self, name: str, args: VpnArgs, opts: pulumi.ResourceOptions | None = None) -> None:
        super().__init__("careplane:edge:HospitalVpn", name, {}, opts)
        self._name, self._args = name, args
        self._child = pulumi.ResourceOptions(parent=self)
        gateway = self._gateway()
        peer = self._peer()
        router = self._router()
        learned = LearnedRoutes(
            f"{name}-learned",
            LearnedArgs(args.site, router.name, f"{self._title}-accepted", args.accepted),
            self._child,
        )
        for number in TUNNELS:
            self._session(number, self._tunnel(number, gateway, peer, router), router, learned)
        self.gateway = gateway.id
        self.addresses = gateway.vpn_interfaces.apply(lambda found: [each.ip_address or "" for each in found])
        self.register_outputs({"gateway": self.gateway, "addresses": self.addresses})

    @property
    def _title(self) -> str:
        return f"vpn-{self._args.hospital}"

    def _gateway(self) -> compute.HaVpnGateway:
        attached: list[compute.HaVpnGatewayVpnInterfaceArgsDict] = [
            {"id": number, "interconnect_attachment": attachment}
            for number, attachment in enumerate(self._args.attachments or ())
        ]
        return compute.HaVpnGateway(
            self._name,
            name=self._title,
            project=self._args.site.project,
            region=self._args.site.region,
            network=self._args.network,
            vpn_interfaces=attached or None,
            labels=dict(self._args.site.labels),
            opts=self._args.site.guard(self),
        )

    def _peer(self) -> compute.ExternalVpnGateway:
        return compute.ExternalVpnGateway(
            self._name,
            name=self._title,
            project=self._args.site.project,
            redundancy_type=REDUNDANCY[len(self._args.peers)],
            interfaces=[{"id": number, "ip_address": each} for number, each in enumerate(self._args.peers)],
            labels=dict(self._args.site.labels),
            opts=self._child,
        )

    def _router(self) -> compute.Router:
        return compute.Router(
            self._name,
            name=self._title,
            project=self._args.site.project,
            region=self._args.site.region,
            network=self._args.network,
            bgp={
                "asn": self._args.asn,
                "advertise_mode": "CUSTOM",
                "advertised_ip_ranges": [{"range": each} for each in self._args.advertised],
            },
            opts=self._child,
        )

    def _tunnel(
        self,
        number: int,
        gateway: compute.HaVpnGateway,
        peer: compute.ExternalVpnGateway,
        router: compute.Router,
    ) -> compute.VPNTunnel:
        secret: pulumi.Output[str] = pulumi.Output.secret(self._args.secrets[number])
        return compute.VPNTunnel(
            f"{self._name}-{number}",
            name=f"{self._title}-{number}",
            project=self._args.site.project,
            region=self._args.site.region,
            vpn_gateway=gateway.id,
            vpn_gateway_interface=number,
            peer_external_gateway=peer.id,
            peer_external_gateway_interface=min(number, len(self._args.peers) - 1),
            ike_version=2,
            shared_secret=secret,
            router=router.id,
            labels=dict(self._args.site.labels),
            opts=self._child,
        )

    def _session(
        self, number: int, tunnel: compute.VPNTunnel, router: compute.Router, learned: LearnedRoutes
    ) -> None:
        ours, theirs = self._args.link(number)
        interface = compute.RouterInterface(
            f"{self._name}-{number}",
            name=f"{self._title}-{number}",
            project=self._args.site.project,
            region=self._args.site.region,
            router=router.name,
            ip_range=ours,
            vpn_tunnel=tunnel.name,
            opts=self._child,
        )
        compute.RouterPeer(
            f"{self._name}-{number}",
            name=f"{self._title}-{number}",
            project=self._args.site.project,
            region=self._args.site.region,
            router=router.name,
            interface=interface.name,
            ip_address=ours.removesuffix("/30"),
            peer_ip_address=theirs,
            peer_asn=self._args.peer_asn,
            advertised_route_priority=100,
            import_policies=[learned.name],
            opts=self._child,
        )


def _require_address(key: str, given: str) -> None:
    try:
        ipaddress.IPv4Address(given)
    except ValueError:
        raise ConfigError(key, given, "an IPv4 address") from None


def _require_links(key: str, given: tuple[str, str]) -> None:
    allowed = "two different /30 of 169.254.0.0/16"
    try:
        networks = [ipaddress.IPv4Network(each) for each in given]
    except ValueError:
        raise ConfigError(key, list(given), allowed) from None
    inside = all(each.prefixlen == 30 and each.subnet_of(LINK) for each in networks)
    if len(set(networks)) != 2 or not inside:
        raise ConfigError(key, list(given), allowed)
