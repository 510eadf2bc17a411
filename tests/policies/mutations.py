"""Mutates every value that a rule reads in its smallest passing input; tells which ones it did not notice."""

from __future__ import annotations

import contextlib
import copy
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

from policies.case import Case, Given
from policies.estate import Estate
from policies.judge import judge_together
from policies.resource import UNKNOWN, Properties
from policies.result import Verdict
from policies.rule import EstateRule, Rule
from policies.stack import ROOT
from policies.waivers import Waivers

Path = tuple[str | int, ...]


class Recording(Properties):
    """Properties that remember the paths of the values that were read."""

    read: set[str] = set()

    def __getitem__(self, key: str) -> Any:
        Recording.read.add(f"{self._path}.{key}" if self._path else key)
        return super().__getitem__(key)


@dataclass(frozen=True)
class Site:
    """One value of one resource of one stack of a passing input."""

    stack: int
    resource: int
    path: Path

    def __str__(self) -> str:
        return f"{self.stack}/{self.resource}:{'.'.join(map(str, self.path))}"


def verdict(rule: Rule | EstateRule, cases: tuple[Case, ...], wrap: type[Properties] = Properties) -> Verdict:
    """The worst of all findings of the rule."""
    stacks = tuple(case.build(wrap) for case in cases)
    if isinstance(rule, Rule):
        first = stacks[0].of(*rule.types)
        return rule.finding(first[0], stacks[0]).verdict
    found = [f.verdict for f in judge_together(Estate(stacks), Waivers()) if f.rule == rule.id]
    order = (Verdict.FAILED, Verdict.UNPROVEN, Verdict.WAIVED, Verdict.PASSED, Verdict.NOT_APPLICABLE)
    return min(found, key=order.index)


def passing(rule: Rule | EstateRule) -> tuple[Case, ...]:
    return rule.passes if isinstance(rule.passes, tuple) else (rule.passes,)


def sites(rule: Rule | EstateRule) -> list[Site]:
    """Every value of the passing input that the rule reads (all, where it walks them as they stand)."""
    cases = passing(rule)
    Recording.read = set()
    verdict(rule, cases, Recording)
    everything = [
        Site(s, r, path)
        for s, case in enumerate(cases)
        for r, given in enumerate(case.resources)
        for path in _leaves(given.properties, ())
    ]
    if isinstance(rule, EstateRule):
        of_stack = rule.types == (ROOT,)
        return [s for s in everything if (cases[s.stack].resources[s.resource].type == ROOT) == of_stack]
    read = [site for site in everything if _dotted(site.path) in Recording.read]
    return read or everything


def _dotted(path: Path) -> str:
    text = ""
    for part in path:
        text += f"[{part}]" if isinstance(part, int) else f".{part}" if text else str(part)
    return text[: text.rindex("[")] if path and isinstance(path[-1], int) else text


def _leaves(value: Any, path: Path) -> Iterator[Path]:
    if isinstance(value, dict) and value:
        for key, item in value.items():
            yield from _leaves(item, (*path, key))
    elif isinstance(value, (list, tuple)) and value:
        for index, item in enumerate(value):
            yield from _leaves(item, (*path, index))
    elif path:
        yield path


_GONE = object()


def others(value: Any) -> list[Any]:
    """Values that are not this one; the last is none at all."""
    if isinstance(value, bool):
        return [not value, _GONE]
    if isinstance(value, (int, float)):
        return [-1, 0, value * 100 + 1, _GONE]
    if isinstance(value, str):
        return [
            "mutated",
            "",
            "0",
            "99999999s",
            "allUsers",
            "projects/other/x/y",
            "PERIMETER_TYPE_BRIDGE",
            _GONE,
        ]
    return [None, _GONE]


def mutated(cases: tuple[Case, ...], site: Site, value: Any) -> tuple[Case, ...]:
    case = cases[site.stack]
    given = case.resources[site.resource]
    properties = copy.deepcopy(dict(given.properties))
    _set(properties, site.path, value)
    changed = Given(given.type, properties, given.name, given.protect)
    resources = (*case.resources[: site.resource], changed, *case.resources[site.resource + 1 :])
    return (
        *cases[: site.stack],
        Case(resources, case.settings, case.stack),
        *cases[site.stack + 1 :],
    )


def _set(properties: Any, path: Path, value: Any) -> None:
    for part in path[:-1]:
        properties = properties[part]
    if value is _GONE:
        del properties[path[-1]]
    else:
        properties[path[-1]] = value


def value_at(cases: tuple[Case, ...], site: Site) -> Any:
    value: Any = cases[site.stack].resources[site.resource].properties
    for part in site.path:
        value = value[part]
    return value


def unnoticed(rule: Rule | EstateRule) -> tuple[list[Site], int]:
    """The values whose every mutation still passes, and how many values were mutated."""
    cases, places = passing(rule), sites(rule)
    kept = [
        site
        for site in places
        if all(
            verdict(rule, mutated(cases, site, other)) is Verdict.PASSED
            for other in [*others(value_at(cases, site)), *neighbours(cases, site)]
        )
    ]
    return kept, len(places)


def neighbours(cases: tuple[Case, ...], site: Site) -> list[Any]:
    """What another stack has at the same place: what tenants share is found only so."""
    found = []
    for index, case in enumerate(cases):
        if index != site.stack and site.resource < len(case.resources):
            with contextlib.suppress(KeyError, IndexError, TypeError):
                found.append(value_at(cases, Site(index, site.resource, site.path)))
    return found


def withheld(rule: Rule | EstateRule) -> list[Site]:
    """The values that the rule reads and passes without: none may be."""
    cases = passing(rule)
    return [site for site in sites(rule) if verdict(rule, mutated(cases, site, UNKNOWN)) is Verdict.PASSED]
