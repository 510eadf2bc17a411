"""Frameworks as data: `policies/frameworks/<key>.yaml`, its sections, its controls and who answers for each.

Never imported by the pack that the engine runs.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Collection, Iterator, Mapping
from dataclasses import dataclass
from difflib import get_close_matches
from enum import StrEnum
from functools import cache, cached_property
from pathlib import Path
from typing import Any

import yaml

from policies.errors import FrameworkError

FOLDER = Path(__file__).parent / "frameworks"
SCHEMA = FOLDER / "framework.schema.json"
KEYS = ("hipaa", "nist", "soc2", "gdpr", "hitrust", "onc", "cis", "iso27001")
"""The names of the files, and the keys of a rule's `controls`."""


class Responsibility(StrEnum):
    """Who answers for a control."""

    TECHNICAL = "technical"
    INHERITED = "inherited"
    PROCESS = "process"
    NOT_COVERED = "not_covered"


_PROOF = {
    Responsibility.TECHNICAL: "checks",
    Responsibility.INHERITED: "artefact",
    Responsibility.PROCESS: "process",
    Responsibility.NOT_COVERED: "reason",
}
"""By responsibility: the key that has to say more."""


@dataclass(frozen=True)
class Control:
    """One control of a framework.

    `checks` are the ids of the rules that judge it, `artefact` what of Google Cloud's shows it, `process`
    the document or runbook that must exist, `reason` why nothing covers it, `addition` why it is listed
    though the framework's chosen baseline does not have it, `evidence` which parts of an evidence pack show
    it beside the reports.
    """

    id: str
    title: str
    responsibility: Responsibility
    checks: tuple[str, ...] = ()
    artefact: str = ""
    process: str = ""
    reason: str = ""
    addition: str = ""
    evidence: tuple[str, ...] = ()


@dataclass(frozen=True)
class Section:
    """A heading of a framework with the controls under it."""

    id: str
    title: str
    controls: tuple[Control, ...]


@dataclass(frozen=True)
class Framework:
    """A law or standard: `key` as rules name it, edition, where to read it, what is listed of it."""

    key: str
    title: str
    edition: str
    source: str
    scope: str
    sections: tuple[Section, ...]

    @cached_property
    def controls(self) -> tuple[Control, ...]:
        return tuple(control for section in self.sections for control in section.controls)

    @cached_property
    def by_id(self) -> Mapping[str, Control]:
        return {control.id: control for control in self.controls}


def nearest(given: str, allowed: Collection[str]) -> str:
    """What was probably meant, for an error message; else the first few that are allowed."""
    if close := get_close_matches(given, list(allowed), n=3, cutoff=0.6):
        return f"nearest: {', '.join(close)}"
    if holding := sorted(each for each in allowed if given.lower() in each.lower())[:5]:
        return f"nearest: {', '.join(holding)}"
    few = sorted(allowed)[:10]
    return f"allowed: {', '.join(few)}" + (f" and {len(allowed) - 10} more" if len(allowed) > 10 else "")


@cache
def load_all(folder: Path = FOLDER) -> tuple[Framework, ...]:
    """Every framework, checked; raises `FrameworkError`, which names file, control and key."""
    files = sorted(folder.glob("*.yaml"), key=lambda file: (*KEYS, file.stem).index(file.stem))
    return tuple(load(file) for file in files)


def load(file: Path, rules: Collection[str] | None = None) -> Framework:
    """One framework; `rules` are the ids that may be named as checks (the catalogue's by default)."""
    try:
        content = yaml.load(file.read_text(), yaml.CSafeLoader)
    except yaml.YAMLError as error:
        raise FrameworkError(file.name, "", "", f"is no YAML ({str(error).splitlines()[0]})") from error
    try:
        framework = _framework(file, content)
    except (KeyError, TypeError, ValueError, AttributeError) as error:
        raise _shape(file, content) from error
    _consistent(file.name, framework, _rules() if rules is None else rules)
    return framework


def _rules() -> Collection[str]:
    import policies.rules  # noqa: F401  (registers the rules)
    from policies.rule import ESTATE_RULES, RULES

    return {*RULES, *ESTATE_RULES}


_TOP = {"title", "edition", "source", "scope", "sections", "texts"}
_LISTS = ("checks", "evidence")
_KEYS = {"id", "title", "responsibility", "checks", "artefact", "process", "reason", "addition", "evidence"}


def _framework(file: Path, content: dict[str, Any]) -> Framework:
    """Quick, because it runs for every report: what is wrong is told by the schema (`_shape`)."""
    if not content.keys() <= _TOP:
        raise KeyError
    sections = tuple(
        Section(each["id"], each["title"], tuple(map(_control, each["controls"])))
        for each in content["sections"]
    )
    title, edition, source, scope = (content[key].strip() for key in ("title", "edition", "source", "scope"))
    return Framework(file.stem, title, edition, source, scope, sections)


def _control(given: dict[str, Any]) -> Control:
    if not given.keys() <= _KEYS:
        raise KeyError
    responsibility = Responsibility(given["responsibility"])
    checks, evidence = given.get("checks", []), given.get("evidence", [])
    if not given[_PROOF[responsibility]]:
        raise ValueError
    if (
        not isinstance(checks, list)
        or not isinstance(evidence, list)
        or bool(checks) > (responsibility is Responsibility.TECHNICAL)
    ):
        raise ValueError
    if not all(isinstance(value, str) for key, value in given.items() if key not in _LISTS):
        raise ValueError
    lists = {"checks": tuple(checks), "evidence": tuple(evidence)}
    return Control(**{**given, "responsibility": responsibility, **lists})


def _consistent(name: str, framework: Framework, rules: Collection[str]) -> None:
    twice = [id for id, times in Counter(control.id for control in framework.controls).items() if times > 1]
    if twice:
        raise FrameworkError(name, twice[0], "id", "is there twice")
    for control in framework.controls:
        for check in control.checks:
            if check not in rules:
                raise FrameworkError(
                    name,
                    control.id,
                    "checks",
                    f"{check!r} is no rule; {nearest(check, rules)}; renamed? python -m policies sync",
                )


def _shape(file: Path, content: Any) -> FrameworkError:
    """JSON Schema's finding; imported only where something is wrong."""
    import json

    import jsonschema

    validator = jsonschema.Draft202012Validator(json.loads(SCHEMA.read_text()))
    found = sorted(validator.iter_errors(content), key=_first)
    if not found:
        return FrameworkError(file.name, "", "", "cannot be read, though the schema allows it")
    return _told(file.name, content, found[0])


def _first(error: Any) -> tuple[list[str], bool, str]:
    """By place; a key that is not known before one that is missing: it is often the same, misspelt."""
    return list(map(str, error.absolute_path)), error.validator != "additionalProperties", error.message


def _told(name: str, content: Any, error: Any) -> FrameworkError:
    path = list(error.absolute_path)
    control = _at(content, path[:4]) if len(path) >= 4 else None
    where = str(control.get("id", f"#{path[3] + 1}")) if isinstance(control, dict) else ""
    key = str(path[-1]) if len(path) not in (0, 4) and isinstance(path[-1], str) else ""
    if error.validator == "additionalProperties":
        known = error.schema.get("properties", {})
        unknown = min(set(map(str, error.instance)) - set(known))
        return FrameworkError(name, where, unknown, f"is no key; {nearest(unknown, known)}")
    if error.validator == "required":
        missing = next(each for each in error.validator_value if each not in error.instance)
        return FrameworkError(
            name, where, missing, f"is missing; {', '.join(error.validator_value)} are needed"
        )
    allowed = ", ".join(map(str, error.schema.get("enum", ()))) or _words(error.schema)
    return FrameworkError(name, where, key, f"{error.instance!r} is not allowed; allowed: {allowed}")


_LIMITS = ("type", "pattern", "minLength", "minItems", "maxItems")


def _words(schema: Mapping[str, Any]) -> str:
    parts = (f"{key} {schema[key]}" for key in _LIMITS if key in schema)
    return ", ".join(parts) or "what the schema says"


def _at(content: Any, path: list[Any]) -> Any:
    for step in path:
        content = content[step]
    return content


def dangling(frameworks: Collection[Framework]) -> Iterator[FrameworkError]:
    """Every control id that a rule names and no framework has, or that is not said to be technical."""
    from policies.rule import catalogue

    _rules()
    known = {framework.key: framework for framework in frameworks}
    for rule in catalogue():
        for key, ids in rule.controls.items():
            if key not in known:
                yield FrameworkError(
                    f"rule {rule.id}", "", f"controls.{key}", f"is no framework; {nearest(key, known)}"
                )
                continue
            by_id = known[key].by_id
            for id in ids:
                if id not in by_id:
                    yield FrameworkError(
                        f"rule {rule.id}",
                        "",
                        f"controls.{key}",
                        f"{id!r} is no control; {nearest(id, by_id)}",
                    )
                elif by_id[id].responsibility is not Responsibility.TECHNICAL:
                    said = by_id[id].responsibility
                    yield FrameworkError(
                        f"{key}.yaml", id, "responsibility", f"is {said}, but {rule.id} judges it"
                    )
