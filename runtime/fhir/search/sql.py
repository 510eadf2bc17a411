"""A query as one SQL statement over the typed index tables."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any

from runtime.fhir.definitions.table import search_params
from runtime.fhir.search import match
from runtime.fhir.search.match import Part
from runtime.fhir.search.query import Criterion, Query

_MATCH: dict[str, Callable[[str, str], Part]] = {
    "token": match.token,
    "string": match.string,
    "date": match.date,
    "reference": match.reference,
    "quantity": match.quantity,
    "number": match.number,
    "uri": match.uri,
}
_COLUMN_MATCH = {"_id": match.resource_id, "_lastUpdated": match.last_updated}


@dataclass
class Statement:
    """SQL text and its values, grown side by side."""

    text: str
    values: list[Any] = field(default_factory=list)

    def add(self, text: str, *values: Any) -> None:
        self.text += text
        self.values += values


def where(query: Query) -> Statement:
    """FROM and WHERE of the resources that fulfil every criterion."""
    statement = Statement("")
    joins = "".join(
        f" LEFT JOIN LATERAL (SELECT min(low) AS low, max(high) AS high FROM date d "
        f"WHERE d.rid = r.rid AND d.param = "
        f"{_sort_param(query, code)}) s{i} ON true"
        for i, (code, _) in enumerate(query.sort)
        if not code.startswith("_")
    )
    statement.add(f" FROM resource r{joins} WHERE r.type = %s AND NOT r.deleted", query.type)
    for criterion in query.criteria:
        text, values = condition(criterion, "r")
        statement.add(" AND " + text, *values)
    return statement


def _sort_param(query: Query, code: str) -> int:
    return search_params(query.type)[code].key


def condition(criterion: Criterion, alias: str) -> Part:
    """What must hold of the resource row called `alias`."""
    param = criterion.param
    if criterion.chain is not None:
        return _reverse(criterion, alias) if criterion.reverse else _chain(criterion, alias)
    if matcher := _COLUMN_MATCH.get(param.code):
        return _any([matcher(alias, value) for value in criterion.values])
    if criterion.modifier == "missing":
        negate = "NOT " if criterion.values[0] == "true" else ""
        return f"{negate}EXISTS (SELECT FROM {param.kind} i WHERE i.rid = {alias}.rid AND i.param = %s)", [
            param.key
        ]
    negated = criterion.modifier == "not" or _not_equal(criterion)
    text, values = _any([_MATCH[param.kind](criterion.modifier, value) for value in criterion.values])
    if negated:
        return (
            f"NOT EXISTS (SELECT FROM {param.kind} i WHERE i.rid = {alias}.rid AND i.param = %s AND {text})",
            [param.key, *values],
        )
    return f"{alias}.rid IN (SELECT i.rid FROM {param.kind} i WHERE i.param = %s AND {text})", [
        param.key,
        *values,
    ]


def _not_equal(criterion: Criterion) -> bool:
    ordered = criterion.param.kind in ("date", "quantity", "number")
    return ordered and all(value.startswith("ne") for value in criterion.values)


def _chain(criterion: Criterion, alias: str) -> Part:
    assert criterion.chain is not None
    text, values = condition(criterion.chain, "t")
    return (
        f"{alias}.rid IN (SELECT i.rid FROM reference i JOIN resource t ON t.type = i.target_type "
        f"AND t.id = i.target WHERE i.param = %s AND t.type = %s AND NOT t.deleted AND {text})",
        [criterion.param.key, criterion.target, *values],
    )


def _reverse(criterion: Criterion, alias: str) -> Part:
    assert criterion.chain is not None
    text, values = condition(criterion.chain, "s")
    return (
        f"{alias}.id IN (SELECT i.target FROM reference i JOIN resource s ON s.rid = i.rid "
        f"WHERE i.param = %s AND i.target_type = %s AND NOT s.deleted AND {text})",
        [criterion.param.key, criterion.target, *values],
    )


def _any(parts: list[Part]) -> Part:
    return "(" + " OR ".join(text for text, _ in parts) + ")", [
        value for _, values in parts for value in values
    ]
