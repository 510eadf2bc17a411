"""Profiles: what a kind of customer gets, as data in `stacks/profiles/*.yaml`."""

from __future__ import annotations

from dataclasses import dataclass, fields
from pathlib import Path
from typing import Any

import yaml

from infra.errors import ConfigError

PROFILES = Path(__file__).resolve().parent.parent / "stacks" / "profiles"
_CHOICES: dict[str, tuple[Any, ...]] = {
    "availability": ("REGIONAL", "ZONAL"),
    "edition": ("ENTERPRISE", "ENTERPRISE_PLUS"),
    "fhir": ("healthcare", "runtime"),
    "protection_level": ("HSM", "SOFTWARE"),
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
    """Of every Cloud KMS key: `HSM` (check 2) or `SOFTWARE`."""
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


def names(folder: Path = PROFILES) -> tuple[str, ...]:
    return tuple(sorted(path.stem for path in folder.glob("*.yaml")))


def load(name: str | None, folder: Path = PROFILES) -> Profile:
    """Read and check one profile; an error names the file and the key."""
    if name not in names(folder):
        raise ConfigError("careplane:profile", name, names(folder))
    data = yaml.safe_load((folder / f"{name}.yaml").read_text())
    given: dict[str, Any] = {**data, "name": name} if isinstance(data, dict) else {"name": name}
    wanted = {field.name for field in fields(Profile)}
    for key in sorted(wanted ^ set(given)):
        raise ConfigError(f"{name}.yaml: {key}", given.get(key), wanted - {"name"})
    for key, allowed in _CHOICES.items():
        if given[key] not in allowed:
            raise ConfigError(f"{name}.yaml: {key}", given[key], allowed)
    for key in ("jurisdictions", "placements"):
        given[key] = tuple(given[key])
    return Profile(**given)
