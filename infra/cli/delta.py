"""`report`: what a pull request changes, as Markdown: resources, cost, residency, controls."""

from __future__ import annotations

import json
from collections import Counter
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from infra.cli import locations
from infra.cli.cells import cell
from infra.cli.cost import Estimate, estimate
from infra.cli.cost import markdown as estimate_table
from infra.cli.prices import Prices
from infra.cli.state import State
from infra.errors import ConfigError
from infra.jurisdiction import Jurisdiction

_BAD = ("failed", "unproven")


@dataclass(frozen=True)
class Policies:
    """What `python -m policies report --json` found: verdicts by rule and resource, and rules by id."""

    counts: Mapping[str, int]
    verdicts: Mapping[tuple[str, str], str]
    rules: Mapping[str, Mapping[str, Any]]

    @property
    def bad(self) -> set[tuple[str, str]]:
        return {key for key, verdict in self.verdicts.items() if verdict in _BAD}

    def controls(self, rule: str) -> str:
        """`hipaa 164.312(a)(2)(iv), nist SC-12`."""
        found: Mapping[str, list[str]] = (self.rules.get(rule) or {}).get("controls") or {}
        return ", ".join(f"{framework} {' '.join(ids)}" for framework, ids in sorted(found.items()))


def policies(path: Path, option: str) -> Policies:
    """A policy report's JSON, or an error that says what the file is not."""
    try:
        found = json.loads(path.read_text())
        verdicts = {(each["rule"], each["resource"]): each["verdict"] for each in found["findings"]}
        return Policies(found["counts"], verdicts, {each["id"]: each for each in found["rules"]})
    except (OSError, ValueError, KeyError, TypeError) as error:
        raise ConfigError(option, str(path), "a file of `python -m policies report --json`") from error


@dataclass(frozen=True)
class Change:
    """`what` is added, removed or changed; `keys` are the changed properties."""

    what: str
    type: str
    resource: str
    keys: tuple[str, ...] = ()


def changes(before: State, after: State) -> list[Change]:
    """By type, parents' types and name, so that two stacks of a kind can be compared too."""
    old = {each.urn.split("::", 2)[-1]: each for each in before.google}
    new = {each.urn.split("::", 2)[-1]: each for each in after.google}
    found = [Change("removed", old[urn].type, old[urn].name) for urn in old if urn not in new]
    found += [Change("added", new[urn].type, new[urn].name) for urn in new if urn not in old]
    for urn in old.keys() & new.keys():
        a, b = old[urn].inputs, new[urn].inputs
        keys = tuple(sorted(key for key in a.keys() | b.keys() if a.get(key) != b.get(key)))
        if keys:
            found.append(Change("changed", new[urn].type, new[urn].name, keys))
    return sorted(found, key=lambda each: (each.what, each.type, each.resource))


@dataclass(frozen=True)
class Report:
    """All that the document says, as data; `base` parts are None without a base."""

    after: State
    before: State | None
    cost: Estimate
    base_cost: Estimate | None
    area: Jurisdiction
    places: list[locations.Place]
    policies: Policies | None
    base_policies: Policies | None

    @property
    def outside(self) -> list[locations.Place]:
        return [place for place in self.places if place.inside == "no"]

    @property
    def new_findings(self) -> list[tuple[str, str]]:
        """Rule and resource of what fails or is unproven now and was not before."""
        if not self.policies:
            return []
        return sorted(self.policies.bad - (self.base_policies.bad if self.base_policies else set()))

    @property
    def data(self) -> dict[str, Any]:
        return {
            "stack": self.after.stack,
            "resources": len(self.after.google),
            "changes": [vars(each) for each in changes(self.before, self.after)] if self.before else None,
            "cost": {
                "total": self.cost.total,
                "base": self.base_cost.total if self.base_cost else None,
                "currency": self.cost.currency,
                "date": self.cost.date,
                "unpriced": [vars(each) for each in self.cost.unpriced],
            },
            "residency": {"properties": len(self.places), "outside": [vars(each) for each in self.outside]},
            "controls": {
                "counts": dict(self.policies.counts) if self.policies else None,
                "base": dict(self.base_policies.counts) if self.base_policies else None,
                "new": [
                    {"rule": rule, "resource": name, "controls": self.policies.controls(rule)}
                    for rule, name in self.new_findings
                    if self.policies
                ],
            },
        }


def report(
    after: State,
    before: State | None,
    prices: Prices,
    area: Jurisdiction,
    now: Policies | None,
    base: Policies | None,
) -> Report:
    return Report(
        after,
        before,
        estimate(after, prices),
        estimate(before, prices) if before else None,
        area,
        locations.places(after, area),
        now,
        base,
    )


def markdown(found: Report) -> str:
    sections = [
        f"# {found.after.stack}",
        _resources(found),
        _cost(found),
        _folded("All lines of the estimate", estimate_table(found.cost)),
        _residency(found),
        _folded("All locations", locations.markdown(found.after, found.area, found.places)),
        _controls(found),
    ]
    return "\n\n".join(sections)


def _folded(title: str, text: str) -> str:
    return f"<details><summary>{title}</summary>\n\n{text}\n\n</details>"


def _resources(found: Report) -> str:
    if not found.before:
        return f"**Resources**: {len(found.after.google)}; no base was given to compare with."
    made = changes(found.before, found.after)
    counts = Counter(each.what for each in made)
    words = ", ".join(f"{counts[what]} {what}" for what in ("added", "changed", "removed") if counts[what])
    lines = [
        f"**Resources**: {len(found.before.google)} → {len(found.after.google)} ({words or 'none differs'})"
    ]
    if made:
        lines += ["", "| change | type | resource | properties |", "|---|---|---|---|"]
        lines += [
            f"| {each.what} | {each.type} | {cell(each.resource)} | {cell(', '.join(each.keys))} |"
            for each in made
        ]
    return "\n".join(lines)


def _cost(found: Report) -> str:
    now, was = found.cost, found.base_cost
    unpriced = f"; {len(now.unpriced)} resources have no price" if now.unpriced else ""
    if not was:
        return f"**Cost**: {now.total:,.2f} {now.currency} a month (list prices of {now.date}){unpriced}"
    lines = [
        f"**Cost**: {was.total:,.2f} → {now.total:,.2f} {now.currency} a month "
        f"({now.total - was.total:+,.2f}; list prices of {now.date}){unpriced}"
    ]
    old, new = _rooms(was), _rooms(now)
    rows = [
        f"| {room} | {old.get(room, 0):,.2f} | {new.get(room, 0):,.2f} | "
        f"{new.get(room, 0) - old.get(room, 0):+,.2f} |"
        for room in sorted(old.keys() | new.keys())
        if abs(new.get(room, 0) - old.get(room, 0)) >= 0.005
    ]
    if rows:
        lines += ["", "| room | before | after | delta |", "|---|---:|---:|---:|", *rows]
    return "\n".join(lines)


def _rooms(found: Estimate) -> dict[str, float]:
    sums: dict[str, float] = {}
    for line in found.lines:
        sums[line.room] = sums.get(line.room, 0.0) + (line.amount or 0)
    return sums


def _residency(found: Report) -> str:
    count = f"{len(found.places)} properties in {found.area.name}"
    if not found.outside:
        return f"**Residency**: {count}, all inside"
    rows = [
        f"| {cell(each.resource)} | {each.type} | {cell(each.property)} | {cell(each.location)} |"
        for each in found.outside
    ]
    head = ["", "| resource | type | property | location |", "|---|---|---|---|"]
    return "\n".join([f"**Residency**: {count}, **{len(found.outside)} outside**", *head, *rows])


def _controls(found: Report) -> str:
    now, was = found.policies, found.base_policies
    if not now:
        return "**Controls**: not judged; give --policies the file of `python -m policies report --json`"
    verdicts = sorted(now.counts.keys() | (was.counts.keys() if was else set()))
    words = ", ".join(
        f"{verdict.replace('_', ' ')} {f'{was.counts.get(verdict, 0)} → ' if was else ''}"
        f"{now.counts.get(verdict, 0)}"
        for verdict in verdicts
    )
    lines = [f"**Controls**: {words}"]
    if found.new_findings:
        title = "new" if was else "open"
        lines += ["", f"| {title} finding | resource | verdict | controls |", "|---|---|---|---|"]
        lines += [
            f"| {rule} | {cell(name)} | {now.verdicts[rule, name]} | {cell(now.controls(rule))} |"
            for rule, name in found.new_findings
        ]
    if was and (mended := sorted(was.bad - now.bad)):
        lines += ["", "No longer found: " + ", ".join(f"{rule} on {cell(name)}" for rule, name in mended)]
    return "\n".join(lines)
