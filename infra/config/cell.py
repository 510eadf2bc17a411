"""Configuration of a cell's stack."""

from __future__ import annotations

import ipaddress
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import pulumi

from infra.config import common, delivery, values
from infra.config.delivery import DeliveryConfig
from infra.config.source import Source
from infra.errors import ConfigError
from infra.jurisdiction import Jurisdiction
from infra.profile import EXTERNAL, Profile


@dataclass(frozen=True)
class CellConfig:
    """Once a site."""

    place: str
    site: str
    project: str
    region: str
    jurisdiction: Jurisdiction
    profile: Profile
    organization_stack: str
    foundation_stack: str
    dedicated_tenants: tuple[str, ...]
    perimeter: str
    perimeter_ingress: tuple[Mapping[str, Any], ...]
    perimeter_egress: tuple[Mapping[str, Any], ...]
    """Rules: title, operations (methods by service), targets (projects by number), and who."""
    egress_exceptions: tuple[Mapping[str, Any], ...]
    """Destinations outside Google that may be reached: name, ranges, ports, reason."""
    domain: str | None
    """Of the tenants' hosts; without one there is no load balancer."""
    vpns: tuple[Mapping[str, Any], ...]
    """Hospitals' gateways: name, peer addresses, their BGP number, two links, the ranges they learn."""
    vpn_secrets: pulumi.Output[Any] | None
    """Two shared secrets a hospital: a mapping of names to pairs."""
    mllp: Mapping[str, Any] | None
    """The HL7v2 adapter: image by digest, the ranges of each hospital, `INTERNAL` or `EXTERNAL`."""
    ekm: Mapping[str, Any] | None
    """The external key manager, where the profile asks for one."""
    delivery: DeliveryConfig | None
    """The pipeline of the runtime's image."""
    admits: bool
    """Whether only attested images are admitted; otherwise the others are logged."""
    cache: bool
    analytics: bool
    """Whether tenants may have datasets in BigQuery."""
    paired_stack: str | None
    """The first site's cell, whose projects and network this second site shares."""
    paired_site: str | None
    recoverable: bool
    """At the first site: whether a second one stands ready in `paired_region`."""
    paired_region: str | None
    promoted: bool
    """Whether the second site's copy of the pooled instance has become a database of its own."""
    publishes: bool
    """Whether this site writes the public zone: of two paired ones the second."""
    active_site: str | None
    """The site that the tenants' hosts point to."""
    subnet: str
    """Addresses of Cloud Run's interfaces; two sites of one network need two ranges."""
    contacts: tuple[str, ...]
    monthly_budget: int | None
    """In whole units of `currency`, the billing account's."""
    currency: str
    audit_locked: bool
    billing_account: str | None
    protected: bool

    @property
    def locations(self) -> tuple[str, ...]:
        """The regions of the cell's sites, this one's first."""
        return (self.region, *((self.paired_region,) if self.paired_region else ()))


def read(source: Source) -> CellConfig:
    area, chosen = common.area(source), common.chosen_profile(source)
    return CellConfig(
        place=common.place(source),
        site=values.label("careplane:site", source.get("careplane:site")),
        project=common.project(source),
        region=common.region(source, area),
        jurisdiction=area,
        profile=chosen,
        organization_stack=common.stack(source, "organization"),
        foundation_stack=common.stack(source, "foundation"),
        dedicated_tenants=_tenants(source),
        perimeter=values.choice(source, "careplane:perimeter", ("dry-run", "enforced"), "dry-run"),
        perimeter_ingress=values.items(source, "careplane:perimeterIngress", _RULE, _WHO),
        perimeter_egress=values.items(source, "careplane:perimeterEgress", _RULE, _WHO),
        egress_exceptions=values.items(
            source, "careplane:egressExceptions", ("name", "ranges", "ports", "reason")
        ),
        domain=values.domain(source, "careplane:domain"),
        vpns=values.items(source, "careplane:vpns", ("name", "peers", "asn", "links", "ranges")),
        vpn_secrets=source.secret("careplane:vpnSecrets"),
        mllp=_mllp(source),
        ekm=_ekm(source, chosen),
        delivery=delivery.read(source),
        admits=delivery.enforced(source),
        cache=values.flag(source, "careplane:cache", False),
        analytics=values.flag(source, "careplane:analytics", False),
        paired_stack=source.get("careplane:pairedCell"),
        paired_site=_paired(source, "careplane:pairedSite"),
        recoverable=_recoverable(source),
        paired_region=_paired_region(source, area),
        promoted=values.flag(source, "careplane:promoted", False),
        publishes=values.flag(source, "careplane:publishes", True),
        active_site=source.get("careplane:activeSite"),
        subnet=_subnet(source),
        contacts=common.contacts(source),
        monthly_budget=_budget(source),
        currency=str(source.get("careplane:currency") or "EUR"),
        audit_locked=common.audit_locked(source),
        billing_account=source.get("careplane:billingAccount"),
        protected=common.protected(source),
    )


def _paired(source: Source, key: str) -> str | None:
    """What a second site must say of the first."""
    # Asked for before it is needed: it may stand in a file whose pair is not there yet.
    given = source.get(key)
    if source.get("careplane:pairedCell") is None:
        return None
    if not given:
        raise ConfigError(key, given, "what the paired cell's own file says")
    return str(given)


def _recoverable(source: Source) -> bool:
    found = values.flag(source, "careplane:recoverable", False)
    if found and source.get("careplane:pairedCell") is not None:
        raise ConfigError("careplane:recoverable", "true", "nothing at a second site: the first one says so")
    return found


def _paired_region(source: Source, area: Jurisdiction) -> str | None:
    key = "careplane:pairedRegion"
    region = source.get(key) if _recoverable(source) else _paired(source, key)
    if _recoverable(source) and not region:
        raise ConfigError(key, region, "the second site's region, for careplane:recoverable")
    if region is not None and area.require(str(region), key) == source.get("gcp:region"):
        raise ConfigError(key, region, "another region than gcp:region")
    return None if region is None else str(region)


def _subnet(source: Source) -> str:
    value = str(source.get("careplane:subnet") or "10.10.0.0/20")
    try:
        return str(ipaddress.IPv4Network(value))
    except ValueError as error:
        raise ConfigError("careplane:subnet", value, "an IPv4 range such as 10.12.0.0/20") from error


_RULE = ("title", "operations", "targets")
_WHO = ("identities", "identityType", "accessLevels", "projects")


def _tenants(source: Source) -> tuple[str, ...]:
    key = "careplane:dedicatedTenants"
    tenants = tuple(values.label(key, name) for name in values.strings(source, key))
    twice = next((name for name in tenants if tenants.count(name) > 1), None)
    if "cell" in tenants:
        raise ConfigError(key, "cell", "any name but cell, which is the cell's own")
    if twice:
        raise ConfigError(key, twice, "each tenant once")
    return tenants


def _mllp(source: Source) -> Mapping[str, Any] | None:
    found = values.mapping(source, "careplane:mllp", ("image", "hospitals"), ("exposure",))
    if found and "@sha256:" not in str(found["image"]):
        raise ConfigError("careplane:mllp.image", found["image"], "an image by digest, …@sha256:…")
    return found


def _ekm(source: Source, chosen: Profile) -> Mapping[str, Any] | None:
    key = "careplane:ekm"
    found = values.mapping(source, key, ("serviceDirectory", "hostname", "certificate", "cryptoSpace"))
    if chosen.protection_level == EXTERNAL and not found:
        raise ConfigError(key, None, f"the external key manager that profile {chosen.name} needs")
    return found


def _budget(source: Source) -> int | None:
    found = values.whole(source, "careplane:monthlyBudget", 1, 100_000_000)
    if found and not source.get("careplane:billingAccount"):
        raise ConfigError(
            "careplane:billingAccount", None, "the account that careplane:monthlyBudget is about"
        )
    return found
