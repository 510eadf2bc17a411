"""Profiles: what a kind of customer gets, as data in `stacks/profiles/*.yaml`."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

from infra.datafile import read
from infra.errors import ConfigError
from infra.jurisdiction import Jurisdiction

PROFILES = Path(__file__).resolve().parent.parent / "stacks" / "profiles"
SCHEMA = PROFILES / "profile.schema.json"
EXTERNAL = "EXTERNAL_VPC"
_WEAKEST_FIRST: dict[str, tuple[str, ...]] = {
    "availability": ("ZONAL", "REGIONAL"),
    "protection_level": ("SOFTWARE", "HSM", EXTERNAL),
}


@dataclass(frozen=True)
class Profile:
    """Sizes and choices of one profile; every field is a key of its file."""

    name: str
    jurisdictions: tuple[str, ...]
    """Where this profile may be used."""
    placements: tuple[str, ...]
    """`pooled`, `dedicated`: pooled only where no plain patient data lies in Cloud SQL."""
    fhir: str
    """Where FHIR resources lie: `healthcare` (Google's API) or `runtime` (Cloud SQL)."""
    protection_level: str
    """Of every Cloud KMS key: `SOFTWARE`, `HSM` (check 2), or `EXTERNAL_VPC`: outside Google."""
    tier: str
    """Cloud SQL machine type."""
    edition: str
    availability: str
    """Cloud SQL: `REGIONAL` (check 70) or `ZONAL`."""
    postgres: str
    """Cloud SQL database version."""
    retained_backups: int
    """Daily backups kept (check 73)."""
    min_instances: int
    """Cloud Run instances always warm (check 76)."""
    max_instances: int
    assured_workloads: str | None
    """Assured Workloads' compliance regime (check 90); None for an ordinary folder."""
    consent: bool
    """Whether the FHIR store enforces patients' consents (check 39)."""


def names(folder: Path = PROFILES) -> tuple[str, ...]:
    return tuple(sorted(path.stem for path in folder.glob("*.yaml")))


def load(name: str | None, folder: Path = PROFILES) -> Profile:
    """Read and check one profile; an error names the file and the key."""
    if name not in names(folder):
        raise ConfigError("careplane:profile", name, names(folder))
    given = read(folder / f"{name}.yaml", SCHEMA)
    for key in ("jurisdictions", "placements"):
        given[key] = tuple(given[key])
    return Profile(name=name, **given)


def require_minimum(profile: Profile, area: Jurisdiction) -> None:
    """Refuse a profile that is weaker than the jurisdiction allows."""
    for key, least in area.minimum.items():
        given = getattr(profile, key)
        allowed = _at_least(key, least)
        if (given not in allowed) if isinstance(allowed, tuple) else (given < least):
            shown = allowed if isinstance(allowed, tuple) else f"{least} or more"
            raise ConfigError(f"{profile.name}.yaml: {key} (in {area.name})", given, shown)


def _at_least(key: str, least: str | int) -> tuple[str, ...] | None:
    order = _WEAKEST_FIRST.get(key)
    return order[order.index(str(least)) :] if order else None
