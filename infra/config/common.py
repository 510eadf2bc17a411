"""What several kinds of stack read."""

from __future__ import annotations

import re

from infra import jurisdiction, profile
from infra.config import values
from infra.config.source import Source
from infra.errors import ConfigError
from infra.jurisdiction import Jurisdiction
from infra.profile import Profile


def place(source: Source) -> str:
    return values.label("careplane:place", source.get("careplane:place"))


def project(source: Source) -> str:
    value = values.required(source, "gcp:project", "a project id")
    if not re.fullmatch(r"[a-z][a-z0-9-]{4,28}[a-z0-9]", str(value)):
        raise ConfigError(
            "gcp:project", value, "a project id: 6 to 30 of a-z, 0-9 and -, beginning with a letter"
        )
    return str(value)


def region(source: Source, area: Jurisdiction) -> str:
    value = str(values.required(source, "gcp:region", area.locations[0]))
    return area.require(value, "gcp:region")


def area(source: Source) -> Jurisdiction:
    return jurisdiction.jurisdiction(source.get("careplane:jurisdiction"))


def chosen_profile(source: Source) -> Profile:
    """A profile that may be used here and asks for no less than the jurisdiction does."""
    chosen, here = profile.load(source.get("careplane:profile")), area(source)
    if here.name not in chosen.jurisdictions:
        raise ConfigError("careplane:jurisdiction", here.name, chosen.jurisdictions)
    profile.require_minimum(chosen, here)
    return chosen


def stack(source: Source, kind: str) -> str:
    key = f"careplane:{kind}Stack"
    allowed = f"the name of the {kind} stack, such as {place(source)}-{kind}"
    value = str(values.required(source, key, allowed))
    if not re.fullmatch(r"[a-z][a-z0-9-]{0,99}", value):
        raise ConfigError(key, value, allowed)
    return value


def contacts(source: Source) -> tuple[str, ...]:
    """Addresses that hear of incidents, budgets and Google's notices."""
    return values.emails(source, "careplane:contacts")


def audit_locked(source: Source) -> bool:
    return values.flag(source, "careplane:auditLocked", True)


def protected(source: Source) -> bool:
    return not values.flag(source, "careplane:decommission", False)
