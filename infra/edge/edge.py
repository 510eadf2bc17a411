"""A cell's edge, made once: a wildcard host, so that no tenant ever writes the URL map.

Checks 18 to 21, 48, 62 and 63.
"""

from __future__ import annotations

import ipaddress
import itertools
from collections.abc import Mapping
from dataclasses import dataclass, field, replace

import pulumi

from infra.edge.armor import Armor, ArmorArgs
from infra.edge.backend import BackendArgs, ServerlessBackend
from infra.edge.balancer import Balancer, BalancerArgs, HostBackend
from infra.edge.certificate import CertificateArgs, Challenge, WildcardCertificate
from infra.edge.domain import require_domain, require_host, require_name
from infra.edge.interconnect import Interconnect, InterconnectArgs
from infra.edge.limits import RateLimit
from infra.edge.mllp import Mllp, MllpArgs
from infra.edge.records import FailoverCheck, RecordsArgs, SiteAddresses, SiteRecords
from infra.edge.tls import TlsArgs, TlsPolicy
from infra.edge.vpn import HospitalVpn, VpnArgs
from infra.edge.waf import WafRule
from infra.edge.zone import PublicZone, ZoneArgs
from infra.errors import ConfigError
from infra.site import Site


@dataclass(frozen=True)
class DedicatedHost:
    """A tenant whose Cloud Run `service` (by default of the tenant's name) lies in a project of its own."""

    tenant: str
    site: Site
    service: str = ""

    def __post_init__(self) -> None:
        require_host("dedicated.tenant", self.tenant)
        require_name("dedicated.service", self.service or self.tenant)


@dataclass(frozen=True)
class PairedSite:
    """The other site's edge, as its outputs `addresses` and `challenge` give it."""

    addresses: SiteAddresses
    challenge: Challenge | None = None


@dataclass(frozen=True)
class Publication:
    """This edge writes the zone: of two paired edges exactly one does. `active` is the site that serves.

    Without `active` it is this one.
    """

    site: str
    active: str = ""
    paired: Mapping[str, PairedSite] = field(default_factory=dict)
    check: FailoverCheck | None = None

    def __post_init__(self) -> None:
        require_host("publication.site", self.site)
        if self.site in self.paired:
            raise ConfigError("publication.paired", self.site, "sites other than this one")
        if self.active and self.active not in (self.site, *self.paired):
            raise ConfigError("publication.active", self.active, (self.site, *self.paired))


@dataclass(frozen=True)
class EdgeArgs:
    """`domain` holds a host a tenant. What each part's defaults are, its own arguments say.

    `limit`, `limits`, `regions`, `probes` and `waf` go to Cloud Armor, here and in dedicated projects.
    `certificate_map` is another edge's of the same project, where a domain is proven once.
    """

    site: Site
    domain: str
    publication: Publication | None = None
    dedicated: tuple[DedicatedHost, ...] = ()
    limit: RateLimit = field(default_factory=RateLimit)
    limits: Mapping[str, RateLimit] = field(default_factory=dict)
    regions: tuple[str, ...] = ()
    probes: tuple[str, ...] = ()
    waf: tuple[WafRule, ...] = ()
    minimum_tls: str = "TLS_1_3"
    mllp: MllpArgs | None = None
    vpns: tuple[VpnArgs, ...] = ()
    interconnects: tuple[InterconnectArgs, ...] = ()
    name: str = "edge"
    certificate_map: pulumi.Input[str] | None = None

    def __post_init__(self) -> None:
        require_domain(self.domain)
        tenants = [each.tenant for each in self.dedicated]
        if len(set(tenants)) < len(tenants):
            raise ConfigError("dedicated", tenants, "each host once")
        for each in self.dedicated:
            self.site.jurisdiction.require(each.site.region, f"dedicated.{each.tenant}")
        _require_links_apart(self.vpns)
        lines = [each.hospital for each in self.interconnects]
        if len(set(lines)) < len(lines) or set(lines) - {each.hospital for each in self.vpns}:
            raise ConfigError("interconnects", lines, "one a hospital, each with a VPN that runs over it")
        _ = (self.armor(self.site), TlsArgs(self.site, self.name, self.minimum_tls))

    def armor(self, site: Site, tenant: str | None = None) -> ArmorArgs:
        """A dedicated `tenant`'s project needs no other tenant's limit."""
        own = [each.tenant for each in self.dedicated]
        limits = {
            name: limit
            for name, limit in self.limits.items()
            if name == tenant or (not tenant and name not in own)
        }
        return ArmorArgs(
            site, self.domain, self.name, self.limit, limits, self.regions, self.probes, self.waf
        )


class Edge(pulumi.ComponentResource):
    """`addresses`, `challenge` and `certificate_map` are what a paired site's edge takes.

    `challenge` is None where the certificate is another edge's.
    """

    addresses: SiteAddresses
    certificate_map: pulumi.Output[str]
    challenge: Challenge | None
    zone: PublicZone | None
    mllp: Mllp | None
    vpns: dict[str, HospitalVpn]

    def __init__(self, name: str, args: EdgeArgs, opts: pulumi.ResourceOptions | None = None) -> None:
        super().__init__("careplane:edge:Edge", name, {}, opts)
        self._name, self._args = name, args
        self._child = pulumi.ResourceOptions(parent=self)
        self.certificate_map, self.challenge = self._certificate()
        tls = TlsPolicy(f"{name}-tls", TlsArgs(args.site, args.name, args.minimum_tls), self._child)
        balancer = Balancer(
            f"{name}-balancer",
            BalancerArgs(
                args.site,
                args.domain,
                self._pooled(),
                self.certificate_map,
                tls.id,
                self._hosts(),
                args.name,
            ),
            self._child,
        )
        found = balancer.addresses
        self.addresses = SiteAddresses(args.site.region, found["IPV4"], found["IPV6"])
        self.zone = self._publish(args.publication) if args.publication else None
        self.mllp = Mllp(f"{name}-mllp", args.mllp, self._child) if args.mllp else None
        self.vpns = self._vpns()
        self.register_outputs({"ipv4": found["IPV4"], "ipv6": found["IPV6"]})

    def _certificate(self) -> tuple[pulumi.Output[str], Challenge | None]:
        args = self._args
        if args.certificate_map is not None:
            return pulumi.Output.from_input(args.certificate_map), None
        made = WildcardCertificate(
            f"{self._name}-certificate", CertificateArgs(args.site, args.domain, args.name), self._child
        )
        return made.map, made.challenge

    def _pooled(self) -> pulumi.Output[str]:
        """Every service of the cell's project, by its host."""
        args = self._args
        policy = Armor(f"{self._name}-armor", args.armor(args.site), self._child)
        backend = BackendArgs(args.site, f"{args.name}-tenants", policy.id, domain=args.domain)
        return ServerlessBackend(f"{self._name}-tenants", backend, self._child).id

    def _hosts(self) -> tuple[HostBackend, ...]:
        return tuple(HostBackend(each.tenant, self._dedicated(each)) for each in self._args.dedicated)

    def _dedicated(self, host: DedicatedHost) -> pulumi.Output[str]:
        args, service = self._args, host.service or host.tenant
        policy = Armor(f"{self._name}-armor-{host.tenant}", args.armor(host.site, host.tenant), self._child)
        backend = BackendArgs(host.site, f"{args.name}-{host.tenant}", policy.id, service)
        return ServerlessBackend(f"{self._name}-{host.tenant}", backend, self._child).id

    def _publish(self, publication: Publication) -> PublicZone:
        args, here = self._args, publication.site
        zone = PublicZone(f"{self._name}-zone", ZoneArgs(args.site, args.domain, args.name), self._child)
        sites = {name: each.addresses for name, each in publication.paired.items()}
        proofs = {
            here: self.challenge,
            **{name: each.challenge for name, each in publication.paired.items()},
        }
        SiteRecords(
            f"{self._name}-records",
            RecordsArgs(
                args.site,
                zone.name,
                args.domain,
                {here: self.addresses, **sites},
                publication.active or here,
                publication.check,
                {name: each for name, each in proofs.items() if each is not None},
            ),
            self._child,
        )
        return zone

    def _vpns(self) -> dict[str, HospitalVpn]:
        lines = {
            each.hospital: Interconnect(f"{self._name}-interconnect-{each.hospital}", each, self._child)
            for each in self._args.interconnects
        }
        return {
            each.hospital: HospitalVpn(
                f"{self._name}-vpn-{each.hospital}", _over(each, lines.get(each.hospital)), self._child
            )
            for each in self._args.vpns
        }


def _over(vpn: VpnArgs, line: Interconnect | None) -> VpnArgs:
    return replace(vpn, attachments=line.attachments) if line else vpn


def _require_links_apart(vpns: tuple[VpnArgs, ...]) -> None:
    hospitals = [each.hospital for each in vpns]
    if len(set(hospitals)) < len(hospitals):
        raise ConfigError("vpns", hospitals, "each hospital once")
    for one, other in itertools.combinations(vpns, 2):
        shared = [each for each in one.accepted if any(_overlap(each, theirs) for theirs in other.accepted)]
        if shared:
            raise ConfigError(
                "vpns.accepted", shared, f"ranges of {one.hospital} that {other.hospital} has not"
            )
    links = [link for each in vpns for link in each.links]
    if len(set(links)) < len(links):
        raise ConfigError("vpns.links", sorted(links), "each /30 at one tunnel")


def _overlap(one: str, other: str) -> bool:
    return ipaddress.ip_network(one).overlaps(ipaddress.ip_network(other))
