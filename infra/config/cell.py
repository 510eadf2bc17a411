"""Configuration of a cell's stack."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from infra.config import common, values
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
    egress_exceptions: tuple[Mapping[str, Any], ...]
    """Destinations outside Google that may be reached: name, ranges, ports, reason."""
    domain: str | None
    """Of the tenants' hosts; without one there is no load balancer."""
    vpns: tuple[Mapping[str, Any], ...]
    """Hospitals' sites: name, peer addresses, autonomous system number, ranges."""
    mllp: Mapping[str, Any] | None
    """The HL7v2 adapter: image by digest, and the ranges that may send."""
    ekm: Mapping[str, Any] | None
    """The external key manager, where the profile asks for one."""
    delivery: Mapping[str, Any] | None
    """The pipeline of the runtime's image: repository, branch and step images by digest."""
    cache: bool
    analytics: bool
    contacts: tuple[str, ...]
    monthly_budget: int | None
    """In whole units of the billing account's currency."""
    audit_locked: bool
    billing_account: str | None
    protected: bool


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
        perimeter_ingress=values.items(source, "careplane:perimeterIngress", ("name", "services"), _FROM),
        perimeter_egress=values.items(source, "careplane:perimeterEgress", ("name", "services"), _TO),
        egress_exceptions=values.items(
            source, "careplane:egressExceptions", ("name", "ranges", "ports", "reason")
        ),
        domain=values.domain(source, "careplane:domain"),
        vpns=values.items(source, "careplane:vpns", ("name", "peers", "asn", "ranges")),
        mllp=_mllp(source),
        ekm=_ekm(source, chosen),
        delivery=values.mapping(source, "careplane:delivery", ("repository", "branch", "images")),
        cache=values.flag(source, "careplane:cache", False),
        analytics=values.flag(source, "careplane:analytics", False),
        contacts=common.contacts(source),
        monthly_budget=_budget(source),
        audit_locked=common.audit_locked(source),
        billing_account=source.get("careplane:billingAccount"),
        protected=common.protected(source),
    )


_FROM = ("identities", "identityType", "accessLevels", "resources", "to")
_TO = ("identities", "identityType", "resources")


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
    found = values.mapping(source, "careplane:mllp", ("image", "ranges"))
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
