"""What changed between two reports: what got worse, what was mended, what came and went."""

from __future__ import annotations

import json
import math
from collections import Counter
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from functools import cached_property
from pathlib import Path
from typing import Any, NamedTuple

from policies.errors import PolicyError
from policies.report.known import ORDER
from policies.report.markdown import cell, table
from policies.result import LONGEST, Verdict

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
    after: float | None
    """None where the report of now does not say."""

    @property
    def less(self) -> bool:
        """Also where the number is missing, or no number."""
        lost = self.after is None or math.isnan(self.after)
        return lost or (self.number == "covered_percent" and not (self.after or 0) >= self.before)


class Held(NamedTuple):
    """One control that was satisfied, and its status now ("" where the framework or control is gone)."""

    framework: str
    control: str
    before: str
    after: str


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
    def unjudged(self) -> list[Change]:
        """What a check judged and judges no longer, though the resource is still there."""
        here = _resources(self.new)
        return [
            each
            for each in self.changes
            if each.before not in ("", Verdict.NOT_APPLICABLE)
            and (
                each.after == Verdict.NOT_APPLICABLE
                or (not each.after and (not each.urn or each.urn in here))
            )
        ]

    @cached_property
    def unsatisfied(self) -> list[Held]:
        """The controls that were satisfied and are not now."""
        now = _statuses(self.new)
        return [
            Held(*key, status, now.get(key, ""))
            for key, status in _statuses(self.old).items()
            if status == "satisfied" and now.get(key) != "satisfied"
        ]

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
        """The numbers that differ, and those that the report of now no longer has."""
        after = self.new["coverage"]
        return [
            Covered(key, number, was, now)
            for key, told in sorted(self.old["coverage"].items())
            for number, was in sorted(told["numbers"].items())
            if (now := after.get(key, {}).get("numbers", {}).get(number)) != was
        ]

    @cached_property
    def uncovered(self) -> list[Covered]:
        """The frameworks of which checks judge a smaller share than before, or that are missing."""
        return [each for each in self.coverage if each.less]

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


_LISTS = ("failed", "lost", "waived", "unjudged", "mended", "unsatisfied", "added", "removed")
_TITLES = {
    "failed": "Newly failed",
    "lost": "No longer proven",
    "waived": "Newly waived",
    "unjudged": "No longer judged",
    "mended": "Mended",
}
_MOST = 50


def load(path: Path) -> dict[str, Any]:
    """A `report.json`, or the one of a report's folder; raises `PolicyError` on anything else."""
    import jsonschema

    path = path / "report.json" if path.is_dir() else path
    found = _read(path)
    # The findings are too many for a validator; what is read of them is checked here.
    rest = {**found, "findings": []} if isinstance(found, dict) else found
    try:
        jsonschema.validate(rest, json.loads(_SCHEMA.read_text()))
        _sound(found)
    except jsonschema.ValidationError as error:
        raise PolicyError(f"{path}: is no report.json: {error.json_path}: {_short(error.message)}") from error
    except (KeyError, TypeError) as error:
        raise PolicyError(
            f"{path}: is no report.json: a finding is malformed ({_short(str(error))})"
        ) from error
    except ValueError as error:
        raise PolicyError(f"{path}: is no report.json: {_short(str(error))}") from error
    return found


def _read(path: Path) -> dict[str, Any]:
    try:
        found: dict[str, Any] = json.loads(
            path.read_bytes(), object_pairs_hook=_once, parse_constant=_number, parse_float=_number
        )
    except OSError as error:
        raise PolicyError(f"{path}: {error.strerror}") from error
    except (ValueError, RecursionError) as error:
        raise PolicyError(f"{path}: is no JSON ({error})") from error
    return found


def _short(text: str) -> str:
    return text if len(text) <= LONGEST else f"{text[: LONGEST - 1]}…"


def _once(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    """Two readers may each take another of two equal keys, so there must not be two."""
    found = dict(pairs)
    if len(found) < len(pairs):
        twice, _ = Counter(key for key, _ in pairs).most_common(1)[0]
        raise ValueError(f"{twice!r} is given twice")
    return found


def _number(text: str) -> float:
    if not math.isfinite(value := float(text)):
        raise ValueError(f"{text} is no number")
    return value


def _sound(report: Mapping[str, Any]) -> None:
    """Every finding has its texts and a verdict, and the counts are those of the findings."""
    known = {verdict.value for verdict in Verdict}
    seen: Counter[str] = Counter()
    for each in report["findings"]:
        if not all(isinstance(each[key], str) for key in _TEXTS):
            raise TypeError(each)
        if each["verdict"] not in known:
            raise ValueError(f"{each['verdict']!r} is no verdict; allowed: {', '.join(Verdict)}")
        seen[each["verdict"]] += 1
    if {name: count for name, count in report["counts"].items() if count} != dict(seen):
        raise ValueError(f"counts: {report['counts']} are not those of the findings, {dict(seen)}")


_TEXTS = (*Change._fields[:4], "verdict", "message", "type")


def _by_subject(report: Mapping[str, Any]) -> dict[tuple[str, str, str], Mapping[str, Any]]:
    """Of several findings of one check on one resource, the worst."""
    found: dict[tuple[str, str, str], Mapping[str, Any]] = {}
    for each in report["findings"]:
        key = (each["rule"], each["stack"], each["urn"])
        if key not in found or _rank(each) < _rank(found[key]):
            found[key] = each
    return found


_RANKS = {verdict.value: rank for rank, verdict in enumerate(ORDER)}


def _rank(finding: Mapping[str, Any]) -> int:
    return _RANKS.get(finding["verdict"], -1)


def _statuses(report: Mapping[str, Any]) -> dict[tuple[str, str], str]:
    return {
        (key, each["id"]): each["status"]
        for key, told in report["coverage"].items()
        for each in told["controls"]
    }


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
    yield f"{len(found.removed)} removed; {len(found.unsatisfied)} controls no longer satisfied"
    yield f"{_shrunk(found)}."
    yield ""
    for name, title in _TITLES.items():
        yield from _changes(title, getattr(found, name))
    yield from _resource_list("New resources", found.added)
    yield from _resource_list("Removed resources", found.removed)
    if found.unsatisfied:
        yield "## Controls no longer satisfied"
        yield ""
        held = [
            [cell(each.framework), cell(each.control), cell(_words(each.after) or "missing")]
            for each in found.unsatisfied[:_MOST]
        ]
        yield from table(("Framework", "Control", "Now"), held)
        yield from _more(len(found.unsatisfied))
    if found.coverage:
        yield "## Coverage"
        yield ""
        rows = [
            [cell(each.framework), cell(_words(each.number)), f"{each.before:g}", _figure(each.after)]
            for each in found.coverage
        ]
        yield from table(("Framework", "Number", "#Before", "#After"), rows)


def _shrunk(found: Difference) -> str:
    frameworks = dict.fromkeys(each.framework for each in found.uncovered)
    return f"; coverage is smaller or missing: {', '.join(map(cell, frameworks))}" if frameworks else ""


def _words(text: str) -> str:
    return text.replace("_", " ")


def _figure(value: float | None) -> str:
    return "missing" if value is None else f"{value:g}"


def _changes(title: str, changes: list[Change]) -> Iterable[str]:
    if changes:
        yield f"## {title}"
        yield ""
        rows = [
            [
                cell(each.rule),
                cell(each.resource),
                cell(each.stack),
                cell(_words(each.before) or "new"),
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
