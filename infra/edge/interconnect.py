"""Two encrypted VLAN attachments for a hospital's lines, one in each edge availability domain.

They carry IPsec only: a HospitalVpn with these `attachments` runs its tunnels over them.
https://cloud.google.com/network-connectivity/docs/interconnect/concepts/ha-vpn-interconnect
"""

from __future__ import annotations

import ipaddress
from dataclasses import dataclass

import pulumi
from pulumi_gcp import compute

from infra.edge.domain import require_name
from infra.edge.private_asn import PARTNER, require_asn
from infra.errors import ConfigError
from infra.network.ranges import is_public
from infra.site import Site

DOMAINS = (1, 2)
BANDWIDTHS = tuple(f"BPS_{each}" for each in ("50M", "100M", "200M", "300M", "400M", "500M")) + tuple(
    f"BPS_{each}G" for each in (1, 2, 5, 10, 20, 50, 100)
)


@dataclass(frozen=True)
class InterconnectArgs:
    """With `interconnects` (two circuits of one's own) DEDICATED at `bandwidth`; else PARTNER.

    `gateways` are two private /29 for the VPN gateways' addresses. `asn` only where dedicated: a partner's
    router is 16550.
    """

    site: Site
    network: pulumi.Input[str]
    hospital: str
    gateways: tuple[str, str]
    interconnects: tuple[pulumi.Input[str], pulumi.Input[str]] | None = None
    bandwidth: str = "BPS_1G"
    asn: int = 64515

    def __post_init__(self) -> None:
        require_name("interconnect.hospital", self.hospital)
        key = f"interconnect.{self.hospital}"
        _require_gateways(f"{key}.gateways", self.gateways)
        if self.bandwidth not in BANDWIDTHS:
            raise ConfigError(f"{key}.bandwidth", self.bandwidth, BANDWIDTHS)
        require_asn(f"{key}.asn", self.asn)


class Interconnect(pulumi.ComponentResource):
    """`attachments` for a HospitalVpn, `pairing_keys` for the partner (empty where dedicated)."""

    attachments: tuple[pulumi.Output[str], pulumi.Output[str]]
    pairing_keys: list[pulumi.Output[str]]

    def __init__(self, name: str, args: InterconnectArgs, opts: pulumi.ResourceOptions | None = None) -> None:
        super().__init__("careplane:edge:Interconnect", name, {}, opts)
        self._name, self._args = name, args
        self._child = pulumi.ResourceOptions(parent=self)
        router = compute.Router(
            name,
            name=f"interconnect-{args.hospital}",
            project=args.site.project,
            region=args.site.region,
            network=args.network,
            encrypted_interconnect_router=True,
            bgp={"asn": args.asn if args.interconnects else PARTNER},
            opts=self._child,
        )
        first, second = (self._attachment(domain, router) for domain in DOMAINS)
        self.attachments = (first.self_link, second.self_link)
        self.pairing_keys = [pulumi.Output.secret(each.pairing_key) for each in (first, second)]
        self.register_outputs({})

    def _attachment(self, domain: int, router: compute.Router) -> compute.InterconnectAttachment:
        args, dedicated = self._args, self._args.interconnects
        return compute.InterconnectAttachment(
            f"{self._name}-{domain}",
            name=f"interconnect-{args.hospital}-{domain}",
            project=args.site.project,
            region=args.site.region,
            router=router.id,
            type="DEDICATED" if dedicated else "PARTNER",
            interconnect=dedicated[domain - 1] if dedicated else None,
            bandwidth=args.bandwidth if dedicated else None,
            edge_availability_domain=None if dedicated else f"AVAILABILITY_DOMAIN_{domain}",
            admin_enabled=True,
            encryption="IPSEC",
            ipsec_internal_addresses=[self._reserved(domain)],
            labels=dict(args.site.labels),
            opts=args.site.guard(self),
        )

    def _reserved(self, domain: int) -> pulumi.Output[str]:
        """The range from which the VPN gateway takes its address on this line."""
        args = self._args
        network = ipaddress.ip_network(args.gateways[domain - 1])
        return compute.Address(
            f"{self._name}-{domain}",
            name=f"interconnect-{args.hospital}-{domain}",
            project=args.site.project,
            region=args.site.region,
            address_type="INTERNAL",
            purpose="IPSEC_INTERCONNECT",
            address=str(network.network_address),
            prefix_length=network.prefixlen,
            network=args.network,
            labels=dict(args.site.labels),
            opts=self._child,
        ).self_link


def _require_gateways(key: str, given: tuple[str, str]) -> None:
    allowed = "two private /29 that do not overlap"
    try:
        one, other = (ipaddress.IPv4Network(each) for each in given)
    except ValueError:
        raise ConfigError(key, list(given), allowed) from None
    if any(each.prefixlen != 29 or is_public(str(each)) for each in (one, other)) or one.overlaps(other):
        raise ConfigError(key, list(given), allowed)
