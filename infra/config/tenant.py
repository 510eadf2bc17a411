"""Configuration of a tenant's stack."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from infra.config import common, values
from infra.config.source import Source
from infra.errors import ConfigError
from infra.jurisdiction import Jurisdiction
from infra.profile import Profile

PLACEMENTS = ("dedicated", "pooled")
SECOND = "-2"
"""What the name of a second site's stack ends in."""


@dataclass(frozen=True)
class TenantConfig:
    """Once a customer and site."""

    place: str
    tenant: str
    project: str
    region: str
    jurisdiction: Jurisdiction
    profile: Profile
    cell_stack: str
    placement: str
    image_tag: str
    instance: str | None
    """The generation of a dedicated tenant's database that serves; a restored one is always new."""
    recovers_from: str | None
    """The tenant's stack at its other site, whose database is copied here."""
    promoted: bool
    """Whether the copy has become a database of its own."""
    domain: str | None
    encrypted_systems: tuple[str, ...]
    traffic: Mapping[str, int]
    """Percent of the requests a revision gets; all to the latest where nothing is said."""
    min_instances: int
    analytics: bool
    imaging: bool
    """Whether the tenant has a DICOM store."""
    contacts: tuple[str, ...]
    active: bool
    protected: bool


def read(source: Source) -> TenantConfig:
    area, chosen = common.area(source), common.chosen_profile(source)
    active = values.flag(source, "careplane:active", True)
    least = values.whole(source, "careplane:minInstances", 0, chosen.max_instances)
    return TenantConfig(
        place=common.place(source),
        tenant=_name(source),
        project=common.project(source),
        region=common.region(source, area),
        jurisdiction=area,
        profile=chosen,
        cell_stack=common.stack(source, "cell"),
        placement=values.choice(source, "careplane:placement", chosen.placements),
        image_tag=str(source.get("careplane:imageTag") or "latest"),
        instance=source.get("careplane:instance"),
        recovers_from=_other_site(source),
        promoted=values.flag(source, "careplane:promoted", False),
        domain=values.domain(source, "careplane:domain"),
        encrypted_systems=values.strings(source, "careplane:encryptedSystems")
        or ("http://hl7.org/fhir/sid/us-ssn",),
        traffic=_traffic(source),
        min_instances=(chosen.min_instances if active else 0) if least is None else least,
        analytics=values.flag(source, "careplane:analytics", False),
        imaging=values.flag(source, "careplane:imaging", False),
        contacts=common.contacts(source),
        active=active,
        protected=common.protected(source),
    )


def tenant_name(value: str) -> str:
    """A usable tenant name, or a ConfigError."""
    return values.label("careplane:tenant", value)


def _name(source: Source) -> str:
    place = common.place(source)
    name = values.label("careplane:tenant", source.get("careplane:tenant"))
    if source.stack not in (f"{place}-tenant-{name}", f"{place}-tenant-{name}{SECOND}"):
        raise ConfigError("careplane:tenant", name, f"the name that stack {source.stack!r} ends in")
    return name


def _other_site(source: Source) -> str | None:
    """A stack recovers from the same tenant's stack at the other site, and not both from each other."""
    found = source.get("careplane:recoversFrom")
    mine = source.stack.removesuffix(SECOND)
    pair = {mine, mine + SECOND} - {source.stack}
    if found is not None and found not in pair:
        raise ConfigError("careplane:recoversFrom", found, pair)
    return None if found is None else str(found)


def _traffic(source: Source) -> Mapping[str, int]:
    found = values.numbers(source, "careplane:traffic")
    if found and (sum(found.values()) != 100 or min(found.values()) < 0):
        raise ConfigError("careplane:traffic", found, "percentages that add up to 100")
    return found
