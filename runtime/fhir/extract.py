"""The search index values of a resource: its type's parameters compiled once to plain Python walks."""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass, field
from functools import cache
from typing import Any

from runtime.fhir.definitions.table import search_params
from runtime.fhir.errors import Json
from runtime.fhir.references import local_target
from runtime.fhir.values import CONVERT, DEFAULT, Convert, Row

KINDS = ("token", "string", "date", "reference", "quantity", "number", "uri")
COLUMNS_ONLY = ("_id", "_lastUpdated")
"""Parameters that are columns of the resource table."""
_STEP = re.compile(r"(\w+)(?:\[(\w+)=([\w-]+)\])?")


@dataclass(frozen=True, slots=True)
class Walk:
    """One path of one parameter below a top-level element."""

    kind: str
    key: int
    where: tuple[str, str] | None
    steps: tuple[tuple[str, tuple[str, str] | None], ...]
    convert: Convert
    target: str


@dataclass(slots=True)
class IndexRows:
    """Rows by kind of index, each beginning with the parameter's key."""

    by_kind: dict[str, set[Row]] = field(default_factory=dict)

    def add(self, kind: str, row: Row) -> None:
        self.by_kind.setdefault(kind, set()).add(row)


def extract(resource: Json, base_url: str = "") -> IndexRows:
    """All index rows of a resource; elements of the wrong shape contribute nothing.

    A reference that begins with the store's own base URL counts as the relative one.
    """
    rows = IndexRows()
    table = _walks(resource["resourceType"])
    for name, value in resource.items():
        for walk in table.get(name, ()):
            for leaf in _leaves(value, walk.where, walk.steps):
                for row in walk.convert(leaf):
                    if row[0] == "" and base_url and walk.kind == "reference":
                        row = local_target(row[1], base_url) or row
                    if not walk.target or row[0] in (walk.target, ""):
                        rows.add(walk.kind, (walk.key, *row))
    return rows


def _leaves(value: Any, where: tuple[str, str] | None, steps: tuple[Any, ...]) -> Iterator[Any]:
    if type(value) is list:
        for item in value:
            yield from _leaves(item, where, steps)
        return
    if where and not (type(value) is dict and value.get(where[0]) == where[1]):
        return
    if not steps:
        yield value
    elif type(value) is dict and (inner := value.get(steps[0][0])) is not None:
        yield from _leaves(inner, steps[0][1], steps[1:])


@cache
def _walks(resource_type: str) -> dict[str, list[Walk]]:
    """The walks of a type, by the top-level element that they start at."""
    table: dict[str, list[Walk]] = {}
    for code, param in search_params(resource_type).items():
        for path in param.paths if code not in COLUMNS_ONLY else ():
            first, walk = _compile(param.kind, param.key, path)
            table.setdefault(first, []).append(walk)
    return table


def _compile(kind: str, key: int, path: str) -> tuple[str, Walk]:
    path, _, found = path.partition(":")
    data_type, _, target = found.rstrip(")").partition("(")
    steps = [(m[1], (m[2], m[3]) if m[2] else None) for m in _STEP.finditer(path)]
    convert = CONVERT.get((kind, data_type), DEFAULT[kind])
    return steps[0][0], Walk(kind, key, steps[0][1], tuple(steps[1:]), convert, target)
