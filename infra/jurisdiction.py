"""Where data may lie: every component takes a `Jurisdiction` and refuses a location outside it.

Regions from https://cloud.google.com/about/locations. Serves checks 85 and 86 (GDPR 44 to 46, SA-9(5)).
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from functools import cache
from pathlib import Path
from typing import Any

from infra.datafile import read
from infra.errors import ConfigError, ResidencyError

FILE = Path(__file__).resolve().parent.parent / "stacks" / "jurisdictions.yaml"


@dataclass(frozen=True)
class Jurisdiction:
    """A legal area and the Google Cloud locations inside it, regions and multi-regions."""

    name: str
    locations: tuple[str, ...]
    countries: tuple[str, ...] = ()
    """ISO 3166-1 codes of where requests may come from."""
    minimum: Mapping[str, Any] = field(default_factory=dict)
    """What a profile may not fall below, by its key."""

    def require(self, location: str, what: str) -> str:
        """The location in lower case, or a ResidencyError: before any preview, not after an `up`."""
        if location.lower() not in self.locations:
            raise ResidencyError(what, location, self.name, self.locations)
        return location.lower()

    def partner(self, region: str) -> str:
        """Another region for copies; the same one where the jurisdiction has no second."""
        return next((other for other in self.regions if other != region), region)

    @property
    def regions(self) -> tuple[str, ...]:
        return tuple(location for location in self.locations if "-" in location)

    @property
    def multi_region(self) -> str | None:
        """The multi-region that lies wholly inside, such as `eu`."""
        return next((location for location in self.locations if "-" not in location), None)

    @property
    def key_region(self) -> str | None:
        """Cloud KMS's multi-region, which it calls `europe` in the Union."""
        return "europe" if "europe" in self.locations else self.multi_region

    @property
    def policy_values(self) -> list[str]:
        """Values of the organisation policy `gcp.resourceLocations`; `in:europe` would hold London too."""
        return ["is:europe" if place == "europe" else f"in:{place}-locations" for place in self.locations]


@cache
def jurisdictions() -> dict[str, Jurisdiction]:
    """All that `stacks/jurisdictions.yaml` knows, by name."""
    data = read(FILE, FILE.with_suffix(".schema.json"))
    return {
        name: Jurisdiction(name, tuple(given["locations"]), tuple(given["countries"]), given["minimum"])
        for name, given in data.items()
    }


def jurisdiction(name: str | None) -> Jurisdiction:
    """The jurisdiction of that name; a ConfigError that lists all names otherwise."""
    if not isinstance(name, str) or name not in jurisdictions():
        raise ConfigError("careplane:jurisdiction", name, jurisdictions())
    return jurisdictions()[name]
