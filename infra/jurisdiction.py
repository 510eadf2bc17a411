"""Where data may lie: every component takes a `Jurisdiction` and refuses a location outside it.

Regions from https://cloud.google.com/about/locations. Serves checks 85 and 86 (GDPR 44 to 46, SA-9(5)).
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import cache
from pathlib import Path

import yaml

from infra.errors import ConfigError, ResidencyError

FILE = Path(__file__).resolve().parent.parent / "stacks" / "jurisdictions.yaml"


@dataclass(frozen=True)
class Jurisdiction:
    """A legal area and the Google Cloud locations inside it, regions and multi-regions."""

    name: str
    locations: tuple[str, ...]

    def require(self, location: str, what: str) -> str:
        """The location in lower case, or a ResidencyError: before any preview, not after an `up`."""
        if location.lower() not in self.locations:
            raise ResidencyError(what, location, self.name, self.locations)
        return location.lower()

    def partner(self, region: str) -> str:
        """Another region for copies; the same one where the jurisdiction has no second."""
        return next((other for other in self.locations if other != region and "-" in other), region)

    @property
    def policy_values(self) -> list[str]:
        """Values of the organisation policy `gcp.resourceLocations`."""
        return [f"in:{location}-locations" for location in self.locations]


@cache
def jurisdictions() -> dict[str, Jurisdiction]:
    """All that `stacks/jurisdictions.yaml` knows, by name."""
    return {
        name: Jurisdiction(name, tuple(places)) for name, places in yaml.safe_load(FILE.read_text()).items()
    }


def jurisdiction(name: str | None) -> Jurisdiction:
    """The jurisdiction of that name; a ConfigError that lists all names otherwise."""
    if name not in jurisdictions():
        raise ConfigError("careplane:jurisdiction", name, jurisdictions())
    return jurisdictions()[name]
