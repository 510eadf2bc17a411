"""A drill as data: `runbooks/drills/<name>/drill.yaml`, checked against its schema and the registry."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from datetime import date
from pathlib import Path
from typing import Any

import jsonschema
import yaml

from runbooks.drill.activities import Activity
from runbooks.drill.arguments import NAMES, plain, read
from runbooks.errors import DefinitionError, PreconditionError, nearest

FOLDER = Path(__file__).resolve().parent.parent / "drills"
FILE = "drill.yaml"
EVERY_DAYS = 90
_SCHEMA = json.loads((Path(__file__).parent / "drill.schema.json").read_text())
PHASES = ("preconditions", "hypothesis", "method", "rollback", "checks")
_LOOKS_ONLY = ("preconditions", "hypothesis", "checks")


@dataclass(frozen=True)
class Step:
    """One activity of a drill: what does it, its arguments, and what it is in a sentence."""

    do: str
    title: str
    arguments: Mapping[str, Any] = field(default_factory=dict)
    proves_data: bool = False
    before_rollback: bool = False


@dataclass(frozen=True)
class Drill:
    """What is to be shown (objectives in seconds), by which steps, and how they are undone."""

    name: str
    title: str
    version: int
    rpo_seconds: float
    rto_seconds: float
    roles: tuple[str, ...]
    preconditions: tuple[Step, ...]
    hypothesis: tuple[Step, ...]
    method: tuple[Step, ...]
    rollback: tuple[Step, ...]
    checks: tuple[Step, ...]
    every_days: int = EVERY_DAYS
    placements: tuple[str, ...] = ()
    parameters: Mapping[str, Mapping[str, str]] = field(default_factory=dict)
    sha256: str = ""

    @property
    def steps(self) -> tuple[Step, ...]:
        return tuple(step for phase in PHASES for step in getattr(self, phase))


def names(folder: Path = FOLDER) -> list[str]:
    return sorted(path.parent.name for path in folder.glob(f"*/{FILE}"))


def parse(given: Any, name: str, known: Mapping[str, Activity], sha256: str = "") -> Drill:
    """Check a definition; one without a check that proves data is refused."""
    try:
        jsonschema.validate(given, _SCHEMA)
    except jsonschema.ValidationError as error:
        key = ".".join(map(str, error.absolute_path)) or "drill"
        raise DefinitionError(name, key, error.message) from error
    if given["name"] != name:
        raise DefinitionError(name, "name", f"{given['name']!r} is not the name of its folder")
    phases = {phase: tuple(_step(item) for item in given[phase]) for phase in PHASES}
    parameters = given.get("parameters", {})
    for phase, steps in phases.items():
        for step in steps:
            _refuse_unknown(name, phase, step, known, parameters)
    if not any(check.proves_data for check in phases["checks"]):
        raise DefinitionError(
            name, "checks", "none proves data (proves_data: true); such a drill shows nothing"
        )
    return Drill(
        name=name,
        title=given["title"],
        version=given["version"],
        rpo_seconds=given["objectives"]["rpo_seconds"],
        rto_seconds=given["objectives"]["rto_seconds"],
        roles=tuple(given["roles"]),
        every_days=given.get("every_days", EVERY_DAYS),
        placements=tuple(given.get("placements", ())),
        parameters=parameters,
        sha256=sha256,
        **phases,
    )


def _step(item: Mapping[str, Any]) -> Step:
    given = {key: plain(value) for key, value in item.get("with", {}).items()}
    rest = {key: value for key, value in item.items() if key != "with"}
    return Step(arguments=given, **rest)


def _refuse_unknown(
    name: str, phase: str, step: Step, known: Mapping[str, Activity], parameters: Mapping[str, Any]
) -> None:
    if step.do not in known:
        raise DefinitionError(name, f"{phase}.do", f"{step.do!r} is unknown; {nearest(step.do, known)}")
    activity = known[step.do]
    if phase in _LOOKS_ONLY and activity.kind != "probe":
        problem = f"{step.do} is an action and would change something; {phase} take probes only"
        raise DefinitionError(name, f"{phase}.do", problem)
    values: dict[str, Any] = {}
    referred: dict[str, Mapping[str, str]] = {}
    for key, value in step.arguments.items():
        (referred if isinstance(value, dict) else values)[key] = value
    for key, value in referred.items():
        if value["parameter"] not in parameters:
            problem = (
                f"parameter {value['parameter']!r} is unknown; {nearest(value['parameter'], parameters)}"
            )
            raise DefinitionError(name, f"{phase}.with.{key}", problem)
        wanted = NAMES[parameters[value["parameter"]]["type"]]
        if key in activity.arguments and activity.arguments[key].type is not wanted:
            problem = f"parameter {value['parameter']} has another type than {step.do}.{key}"
            raise DefinitionError(name, f"{phase}.with.{key}", problem)
    required = {key: argument for key, argument in activity.arguments.items() if key not in referred}
    try:
        replace(activity, arguments=required).typed(values)
    except ValueError as error:
        raise DefinitionError(name, f"{phase}.with", str(error)) from None


def load(name: str, known: Mapping[str, Activity], folder: Path = FOLDER) -> Drill:
    """Read a drill of the folder by its name."""
    if name not in names(folder):
        raise DefinitionError(name, "name", f"no such drill; {nearest(name, names(folder))}")
    raw = (folder / name / FILE).read_bytes()
    try:
        given = _normal(yaml.safe_load(raw))
    except (yaml.YAMLError, UnicodeDecodeError) as error:
        raise DefinitionError(name, FILE, f"is no YAML: {' '.join(str(error).split())}") from error
    return parse(given, name, known, hashlib.sha256(raw).hexdigest())


def _normal(value: Any) -> Any:
    """YAML has moments and dates of its own; the schema and the journal have text."""
    if isinstance(value, dict):
        return {key: _normal(item) for key, item in value.items()}
    if isinstance(value, list):
        return [_normal(item) for item in value]
    return value.isoformat() if isinstance(value, date) else value


def with_parameters(
    drill: Drill, given: Mapping[str, str], known: Mapping[str, Activity]
) -> tuple[Drill, dict[str, Any]]:
    """The drill with its parameters put in, and their values; what is not given is left to the activity."""
    values: dict[str, Any] = {}
    for name, text in given.items():
        if name not in drill.parameters:
            raise PreconditionError(
                f"--set {name}: {drill.name} has no such parameter; {nearest(name, drill.parameters)}"
            )
        try:
            values[name] = plain(read(NAMES[drill.parameters[name]["type"]], text))
        except ValueError as error:
            raise PreconditionError(f"--set {name}: {error}") from None
    phases: dict[str, Any] = {
        phase: tuple(_filled(step, values) for step in getattr(drill, phase)) for phase in PHASES
    }
    filled = replace(drill, **phases)
    for step in filled.steps:
        try:
            known[step.do].typed(step.arguments)
        except ValueError as error:
            raise PreconditionError(f"--set: {error}") from None
    return filled, values


def _filled(step: Step, values: Mapping[str, Any]) -> Step:
    filled = {
        key: values[value["parameter"]] if isinstance(value, dict) else value
        for key, value in step.arguments.items()
        if not isinstance(value, dict) or value["parameter"] in values
    }
    return replace(step, arguments=filled)


def from_journal(told: Mapping[str, Any]) -> Drill:
    """The drill as a journal keeps it: what was begun is undone so, whatever the file says now."""
    phases = {phase: tuple(Step(**step) for step in told[phase]) for phase in PHASES}
    rest: dict[str, Any] = {
        key: tuple(value) if isinstance(value, list) else value for key, value in told.items()
    }
    return Drill(**{**rest, **phases})
