"""What changed between two reports: what got worse, what was mended, what came and went."""

from __future__ import annotations

import json
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from functools import cached_property
from pathlib import Path
from typing import Any, NamedTuple

from policies.errors import PolicyError
from policies.report.markdown import cell, table

_SCHEMA = Path(__file__).parent / "report.schema.json"


class Change(NamedTuple):
    """One check on one resource, before and after ("" where it was not there)."""

    rule: str
    stack: str
    urn: str
    resource: str
    before: str
    after: str
    message: str


class Here(NamedTuple):
    """One resource of a report."""

    stack: str
    urn: str
    resource: str
    type: str


@dataclass(frozen=True)
class Covered:
    """One number of one framework, before and after."""

    framework: str
    number: str
    before: float
    after: float


@dataclass(frozen=True)
class Difference:
    """`old` and `new` are report documents; `worse` says whether a pull request should be stopped."""

    old: Mapping[str, Any] = field(repr=False)
    new: Mapping[str, Any] = field(repr=False)

    @cached_property
    def changes(self) -> tuple[Change, ...]:
        """Every check whose verdict on a resource is another, resources that came or went included."""
        before, after = _by_subject(self.old), _by_subject(self.new)
        found = []
        for key in dict.fromkeys((*after, *before)):
            was, is_now = before.get(key), after.get(key)
            verdicts = [each["verdict"] if each else "" for each in (was, is_now)]
            if verdicts[0] != verdicts[1]:
                told: Mapping[str, Any] = is_now or was or {}
                rest = (told["stack"], told["urn"], told["resource"], *verdicts, told["message"])
                found.append(Change(told["rule"], *rest))
        return tuple(found)

    def _now(self, verdict: str) -> list[Change]:
        return [each for each in self.changes if each.after == verdict]

    @cached_property
    def failed(self) -> list[Change]:
        """What fails now and did not."""
        return self._now("failed")

    @cached_property
    def lost(self) -> list[Change]:
        """What had passed and is unproven now."""
        return [each for each in self._now("unproven") if each.before == "passed"]

    @cached_property
    def waived(self) -> list[Change]:
        return self._now("waived")

    @cached_property
    def mended(self) -> list[Change]:
        """What passes now and did not, on a resource that was there before."""
        return [each for each in self._now("passed") if each.before in ("failed", "waived", "unproven")]

    @cached_property
    def added(self) -> list[Here]:
        old = _resources(self.old)
        return [each for urn, each in _resources(self.new).items() if urn not in old]

    @cached_property
    def removed(self) -> list[Here]:
        new = _resources(self.new)
        return [each for urn, each in _resources(self.old).items() if urn not in new]

    @cached_property
    def coverage(self) -> list[Covered]:
        """The numbers that differ."""
        before, after = self.old["coverage"], self.new["coverage"]
        return [
            Covered(key, number, was, now)
            for key in sorted(set(before) & set(after))
            for number, was in sorted(before[key]["numbers"].items())
            if (now := after[key]["numbers"].get(number, was)) != was
        ]

    @cached_property
    def uncovered(self) -> list[Covered]:
        """The frameworks of which checks judge a smaller share than before."""
        return [
            each for each in self.coverage if each.number == "covered_percent" and each.after < each.before
        ]

    @property
    def worse(self) -> bool:
        return bool(self.failed or self.lost or self.uncovered)

    def facts(self) -> dict[str, Any]:
        """For programs."""
        listed = {name: [each._asdict() for each in getattr(self, name)] for name in _LISTS}
        return {
            "worse": self.worse,
            "old": _origin(self.old),
            "new": _origin(self.new),
            **listed,
            "coverage": [vars(each) for each in self.coverage],
        }

    def markdown(self) -> str:
        """For a comment on a pull request."""
        return "\n".join(_markdown(self))


_LISTS = ("failed", "lost", "waived", "mended", "added", "removed")
_TITLES = {
    "failed": "Newly failed",
    "lost": "No longer proven",
    "waived": "Newly waived",
    "mended": "Mended",
}
_MOST = 50


def load(path: Path) -> dict[str, Any]:
    """A `report.json`; raises `PolicyError` on anything else, naming the place."""
    import jsonschema

    try:
        found: dict[str, Any] = json.loads(path.read_bytes())
    except OSError as error:
        raise PolicyError(f"{path}: {error.strerror}") from error
    except ValueError as error:
        raise PolicyError(f"{path}: is no JSON ({error})") from error
    # The findings are too many for a validator; what is read of them is checked here.
    rest = {**found, "findings": []} if isinstance(found, dict) else found
    try:
        jsonschema.validate(rest, json.loads(_SCHEMA.read_text()))
        for each in found["findings"]:
            if not all(
                isinstance(each[key], str) for key in (*Change._fields[:4], "verdict", "message", "type")
            ):
                raise TypeError(each)
    except jsonschema.ValidationError as error:
        raise PolicyError(f"{path}: is no report.json: {error.json_path}: {error.message}") from error
    except (KeyError, TypeError) as error:
        raise PolicyError(f"{path}: is no report.json: a finding is malformed ({error})") from error
    return found


def _by_subject(report: Mapping[str, Any]) -> dict[tuple[str, str, str], Mapping[str, Any]]:
    return {(each["rule"], each["stack"], each["urn"]): each for each in report["findings"]}


def _resources(report: Mapping[str, Any]) -> dict[str, Here]:
    return {
        each["urn"]: Here(each["stack"], each["urn"], each["resource"], each["type"])
        for each in report["findings"]
        if each["urn"]
    }


def _origin(report: Mapping[str, Any]) -> dict[str, Any]:
    return {key: report[key] for key in ("judged_at", "commit", "pack_version", "counts")}


def _markdown(found: Difference) -> Iterable[str]:
    yield "# Policy difference"
    yield ""
    counts = ", ".join(f"{len(getattr(found, name))} {title.lower()}" for name, title in _TITLES.items())
    yield f"**{'Worse' if found.worse else 'Not worse'}**: {counts}; {len(found.added)} resources new, "
    yield f"{len(found.removed)} removed."
    yield ""
    for name, title in _TITLES.items():
        yield from _changes(title, getattr(found, name))
    yield from _resource_list("New resources", found.added)
    yield from _resource_list("Removed resources", found.removed)
    if found.coverage:
        yield "## Coverage"
        yield ""
        rows = [
            [each.framework, each.number.replace("_", " "), f"{each.before:g}", f"{each.after:g}"]
            for each in found.coverage
        ]
        yield from table(("Framework", "Number", "#Before", "#After"), rows)


def _changes(title: str, changes: list[Change]) -> Iterable[str]:
    if changes:
        yield f"## {title}"
        yield ""
        rows = [
            [
                cell(each.rule),
                cell(each.resource),
                cell(each.stack),
                each.before.replace("_", " ") or "new",
                cell(each.message),
            ]
            for each in changes[:_MOST]
        ]
        yield from table(("Check", "Resource", "Stack", "Before", "Now"), rows)
        yield from _more(len(changes))


def _resource_list(title: str, resources: list[Here]) -> Iterable[str]:
    if resources:
        yield f"## {title}"
        yield ""
        rows = [[cell(each.resource), cell(each.type), cell(each.stack)] for each in resources[:_MOST]]
        yield from table(("Resource", "Type", "Stack"), rows)
        yield from _more(len(resources))


def _more(count: int) -> Iterable[str]:
    if count > _MOST:
        yield f"and {count - _MOST:,} more."
        yield ""
