"""A drill as data: `runbooks/drills/<name>/drill.yaml`, checked against its schema."""

from __future__ import annotations

import json
from collections.abc import Collection
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import jsonschema
import yaml

from runbooks.errors import DefinitionError

FOLDER = Path(__file__).resolve().parent.parent / "drills"
_SCHEMA = json.loads((Path(__file__).parent / "drill.schema.json").read_text())
_PHASES = ("preconditions", "hypothesis", "method", "checks", "rollback")


@dataclass(frozen=True)
class Activity:
    """One step: the registered function that does it, and what it is in a sentence."""

    do: str
    title: str
    proves_data: bool = False


@dataclass(frozen=True)
class Drill:
    """What is to be shown (objectives in seconds), by which steps, and how they are undone."""

    name: str
    title: str
    rpo_seconds: float
    rto_seconds: float
    roles: tuple[str, ...]
    preconditions: tuple[Activity, ...]
    hypothesis: tuple[Activity, ...]
    method: tuple[Activity, ...]
    checks: tuple[Activity, ...]
    rollback: tuple[Activity, ...]


def names() -> list[str]:
    return sorted(path.parent.name for path in FOLDER.glob("*/drill.yaml"))


def parse(given: Any, name: str, known: Collection[str]) -> Drill:
    """Check a definition; one without a check that proves data is refused."""
    try:
        jsonschema.validate(given, _SCHEMA)
    except jsonschema.ValidationError as error:
        key = ".".join(map(str, error.absolute_path)) or "drill"
        raise DefinitionError(name, key, error.message) from error
    phases = {phase: tuple(Activity(**item) for item in given[phase]) for phase in _PHASES}
    for phase, activities in phases.items():
        for activity in activities:
            if activity.do not in known:
                allowed = ", ".join(sorted(known))
                raise DefinitionError(name, f"{phase}.do", f"{activity.do!r} is unknown; allowed: {allowed}")
    if not any(activity.proves_data for activity in phases["checks"]):
        raise DefinitionError(
            name, "checks", "none proves data (proves_data: true); such a drill shows nothing"
        )
    objectives = given["objectives"]
    return Drill(
        name=given["name"],
        title=given["title"],
        rpo_seconds=objectives["rpo_seconds"],
        rto_seconds=objectives["rto_seconds"],
        roles=tuple(given["roles"]),
        **phases,
    )


def load(name: str, known: Collection[str]) -> Drill:
    """Read a shipped drill by name."""
    if name not in names():
        raise DefinitionError(name, "name", f"no such drill; allowed: {', '.join(names())}")
    return parse(yaml.safe_load((FOLDER / name / "drill.yaml").read_text()), name, known)
