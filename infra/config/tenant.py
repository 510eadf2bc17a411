"""Configuration of a tenant's stack."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass

from infra.config import common, values
from infra.config.source import Source
from infra.errors import ConfigError
from infra.jurisdiction import Jurisdiction
from infra.profile import EXTERNAL, Profile

PLACEMENTS = ("dedicated", "pooled")
SECOND = "-2"
"""What the name of a second site's stack ends in."""
NEXT = "-next"
"""What the name of a stack ends in that a tenant is moving to."""


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
    recoverable: bool
    """Whether a second site can take over: keys, secret and documents then lie in both regions."""
    recovers_from: str | None
    """The tenant's stack at its other site, whose database is copied here."""
    paired_region: str | None
    """The other site's region, where there are two."""
    promoted: bool
    """Whether the copy has become a database of its own."""
    recovery_instance: str | None
    """At the first site: the copy that may take over in a switchover without loss."""
    follows: str | None
    """At the first site after a switchover: the instance that serves now, which this one copies."""
    domain: str | None
    encrypted_systems: tuple[str, ...]
    traffic: Mapping[str, int]
    """Percent of the requests a revision gets; all to the latest where nothing is said."""
    revision: str | None
    """Name of the revision that this configuration makes, so that `traffic` can name it."""
    min_instances: int
    analytics: bool
    imaging: bool
    """Whether the tenant has a DICOM store."""
    binary_authorization: bool
    """Whether the project's Binary Authorization policy is asked before an image runs (check 84)."""
    contacts: tuple[str, ...]
    active: bool
    read_only: bool
    """Whether the tenant can be read and not written, as while it is off-boarded."""
    protected: bool

    @property
    def suffix(self) -> str:
        """Of names that a project holds once, whatever the region: `-2` at the second site."""
        return SECOND if self.recovers_from else ""


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
        image_tag=_tag(source),
        instance=source.get("careplane:instance"),
        recoverable=_recoverable(source, area, chosen),
        recovers_from=_other_site(source),
        paired_region=_paired_region(source, area),
        promoted=values.flag(source, "careplane:promoted", False),
        recovery_instance=source.get("careplane:recoveryInstance"),
        follows=source.get("careplane:follows"),
        domain=values.domain(source, "careplane:domain"),
        encrypted_systems=values.strings(source, "careplane:encryptedSystems")
        or ("http://hl7.org/fhir/sid/us-ssn",),
        traffic=_traffic(source),
        revision=source.get("careplane:revision"),
        min_instances=(chosen.min_instances if active else 0) if least is None else least,
        analytics=values.flag(source, "careplane:analytics", False),
        imaging=values.flag(source, "careplane:imaging", False),
        binary_authorization=values.flag(source, "careplane:binaryAuthorization", True),
        contacts=common.contacts(source),
        active=active,
        read_only=values.flag(source, "careplane:readOnly", False),
        protected=common.protected(source),
    )


def tenant_name(value: object) -> str:
    """A usable tenant name, or a ConfigError: none whose stack could be another tenant's second one."""
    name = values.label("careplane:tenant", value)
    if name.endswith((SECOND, NEXT)):
        raise ConfigError("careplane:tenant", name, f"a name that does not end in {SECOND} or {NEXT}")
    return name


def _name(source: Source) -> str:
    place = common.place(source)
    name = tenant_name(source.get("careplane:tenant"))
    if source.stack not in (f"{place}-tenant-{name}{end}" for end in ("", SECOND, NEXT)):
        raise ConfigError("careplane:tenant", name, f"the name that stack {source.stack!r} ends in")
    return name


def _other_site(source: Source) -> str | None:
    """A second site's stack recovers from the same tenant's first one."""
    found = source.get("careplane:recoversFrom")
    second = source.stack.endswith(SECOND)
    allowed = (source.stack.removesuffix(SECOND),) if second else ("nothing in a first site's stack",)
    if (found is not None or second) and found not in allowed:
        raise ConfigError("careplane:recoversFrom", found, allowed)
    return None if found is None else str(found)


def _paired_region(source: Source, area: Jurisdiction) -> str | None:
    key = "careplane:pairedRegion"
    # Asked for before it is needed: it may stand in a file whose pair is not there yet.
    given = source.get(key)
    if not values.flag(source, "careplane:recoverable", False) and not source.get("careplane:recoversFrom"):
        return None
    if not given:
        raise ConfigError(key, given, "the other site's region")
    region = area.require(str(given), key)
    if region == source.get("gcp:region"):
        raise ConfigError(key, given, "another region than gcp:region")
    return region


def _recoverable(source: Source, area: Jurisdiction, chosen: Profile) -> bool:
    found = values.flag(source, "careplane:recoverable", False)
    if found and (area.key_region is None or chosen.protection_level == EXTERNAL):
        allowed = "true only with keys in Cloud KMS, where the jurisdiction holds a multi-region"
        raise ConfigError("careplane:recoverable", "true", allowed)
    return found


def _tag(source: Source) -> str:
    """https://docs.docker.com/reference/cli/docker/image/tag/#description"""
    value = source.get("careplane:imageTag") or "latest"
    if not re.fullmatch(r"\w[\w.-]{0,127}", str(value), re.ASCII):
        raise ConfigError("careplane:imageTag", value, "a tag: 1 to 128 letters, digits, _, . and -")
    return str(value)


def _traffic(source: Source) -> Mapping[str, int]:
    found = values.numbers(source, "careplane:traffic")
    if found and (sum(found.values()) != 100 or min(found.values()) < 0):
        raise ConfigError("careplane:traffic", found, "percentages that add up to 100")
    return found
