"""The countries of each jurisdiction, for access levels by origin.

ISO 3166-1 alpha-2; the European Union as of https://european-union.europa.eu/principles-countries-history.
"""

from __future__ import annotations

from infra.errors import ConfigError
from infra.jurisdiction import Jurisdiction

EUROPEAN_UNION = (
    *("AT", "BE", "BG", "HR", "CY", "CZ", "DK", "EE", "FI", "FR", "DE", "GR", "HU", "IE"),
    *("IT", "LV", "LT", "LU", "MT", "NL", "PL", "PT", "RO", "SK", "SI", "ES", "SE"),
)
COUNTRIES: dict[str, tuple[str, ...]] = {
    "ch": ("CH",),
    "de": ("DE",),
    "eu": EUROPEAN_UNION,
    "fr": ("FR",),
    "uk": ("GB",),
    "us": ("US",),
}


def countries(area: Jurisdiction) -> tuple[str, ...]:
    """Its countries; a ConfigError where none are known, never an empty list, which would mean everywhere."""
    if area.name not in COUNTRIES:
        raise ConfigError("jurisdiction", area.name, COUNTRIES)
    return COUNTRIES[area.name]
