"""Reading a search request: criteria and result parameters, or a clear refusal."""

from __future__ import annotations

import re
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field

from runtime.fhir.definitions.table import SearchParam, resource_types, search_params
from runtime.fhir.errors import BadRequest, TooCostly, UnknownParameter
from runtime.fhir.reads import page_size

DEFAULT_COUNT = 100
MAX_COUNT = 1000
MOST_CRITERIA = 50
"""Links of chains count too: each is one more join, and planning many takes a database longer than any answer
is worth."""
MOST_VALUES = 1000
"""Of one parameter, `a,b,c`; PostgreSQL takes 65,535 in one statement."""
MOST_SORTS = 5
MOST_INCLUDES = 20
SORTS = ("_id", "_lastUpdated")
MODIFIERS = {
    "string": ("exact", "contains", "missing"),
    "token": ("not", "missing"),
    "date": ("missing",),
    "reference": ("missing",),
    "quantity": ("missing",),
    "number": ("missing",),
    "uri": ("below", "above", "missing"),
}
PREFIXES = ("eq", "ne", "gt", "lt", "ge", "le", "sa", "eb", "ap")
_RESULT = (
    "_count",
    "_sort",
    "_total",
    "_summary",
    "_include",
    "_revinclude",
    "_page_token",
    "_format",
    "_pretty",
)


@dataclass(frozen=True)
class Criterion:
    """`param` must match one of `values`; with a chain, it must lead to a `target` that the chain accepts."""

    param: SearchParam
    modifier: str = ""
    values: tuple[str, ...] = ()
    target: str = ""
    chain: Criterion | None = None
    reverse: bool = False


@dataclass(frozen=True)
class Include:
    """`_include=source:code[:target]`; `code` may be `*`."""

    source: str
    code: str
    target: str = ""


@dataclass
class Query:
    type: str
    criteria: list[Criterion] = field(default_factory=list)
    count: int = DEFAULT_COUNT
    sort: list[tuple[str, bool]] = field(default_factory=list)
    """(parameter code, descending)."""
    total: bool = False
    counts: bool = True
    only_count: bool = False
    includes: list[Include] = field(default_factory=list)
    revincludes: list[Include] = field(default_factory=list)
    page_token: str | None = None
    used: list[tuple[str, str]] = field(default_factory=list)
    """What was understood, for the self link."""


def parse(resource_type: str, pairs: Iterable[tuple[str, str]], strict: bool, counts: bool = True) -> Query:
    """Criteria and result parameters of a search; an unknown one is refused, or left out when not strict.

    `counts` says whether `_summary=count` is known.
    """
    query = Query(resource_type, counts=counts)
    for name, value in pairs:
        if "\0" in value or "\0" in name:
            raise BadRequest("A search value holds a NUL character.", name.replace("\0", ""))
        try:
            if name in _RESULT:
                _result(query, name, value)
            elif value:
                query.criteria.append(criterion(resource_type, name, value))
        except UnknownParameter:
            if strict:
                raise
            continue
        if name != "_page_token":
            query.used.append((name, value))
    _bounded(query)
    return query


def _bounded(query: Query) -> None:
    for count, most, what in (
        (sum(map(_links, query.criteria)), MOST_CRITERIA, "criteria, links of chains included"),
        (len(query.sort), MOST_SORTS, "sort keys"),
        (len(query.includes) + len(query.revincludes), MOST_INCLUDES, "_include and _revinclude"),
    ):
        if count > most:
            raise TooCostly(f"The search has {count} {what}; allowed: up to {most}.")


def _links(criterion: Criterion) -> int:
    return 1 + (_links(criterion.chain) if criterion.chain else 0)


def criterion(resource_type: str, name: str, value: str) -> Criterion:
    if name.count(".") + name.count("_has:") > MOST_CRITERIA:
        raise TooCostly(f"{name[:80]!r} is too long a chain; allowed: up to {MOST_CRITERIA} links.")
    if name.startswith("_has:"):
        return _reverse(resource_type, name, value)
    head, _, rest = name.partition(".")
    code, _, modifier = head.partition(":")
    param = _param(resource_type, code)
    if rest:
        return _chained(param, modifier, rest, value)
    if param.kind == "reference" and modifier in resource_types():
        values = tuple(v if "/" in v else f"{modifier}/{v}" for v in split(value))
        return Criterion(param, "", values)
    if modifier and modifier not in MODIFIERS[param.kind]:
        allowed = ", ".join(":" + m for m in MODIFIERS[param.kind])
        raise UnknownParameter(f"{name}: modifier :{modifier[:40]} is not served; allowed: {allowed}.", name)
    if modifier == "missing" and value not in ("true", "false"):
        raise BadRequest(f"{name}={value[:40]} is not allowed; allowed: true, false.", name)
    return Criterion(param, modifier, tuple(split(value)))


def _param(resource_type: str, code: str) -> SearchParam:
    param = search_params(resource_type).get(code)
    if param is None:
        raise UnknownParameter(
            f"{code[:80]!r} is not a search parameter of {resource_type} that is served.", code
        )
    return param


def _chained(param: SearchParam, target: str, rest: str, value: str) -> Criterion:
    if param.kind != "reference":
        raise UnknownParameter(
            f"{param.code} is no reference and cannot be followed by .{rest[:80]}.", param.code
        )
    if not target:
        limit = re.search(r"\((\w+)\)$", param.paths[0])
        target = limit[1] if limit else ""
    if target not in resource_types():
        raise UnknownParameter(
            f"{param.code}.{rest[:80]}: say which type, as in {param.code}:Patient.{rest[:80]}.", param.code
        )
    return Criterion(param, target=target, chain=criterion(target, rest, value))


def _reverse(resource_type: str, name: str, value: str) -> Criterion:
    """`_has:Observation:patient:code=…`: resources that such an Observation refers to."""
    parts = name.split(":", 3)
    if len(parts) < 4 or parts[1] not in resource_types():
        raise UnknownParameter(f"{name[:80]!r} is not of the form _has:Type:reference:parameter.", name)
    param = _param(parts[1], parts[2])
    return Criterion(param, target=resource_type, chain=criterion(parts[1], parts[3], value), reverse=True)


def _result(query: Query, name: str, value: str) -> None:
    match name:
        case "_count":
            query.count = min(page_size(value, DEFAULT_COUNT), MAX_COUNT)
            query.only_count |= query.count == 0
        case "_total":
            query.total = _one_of(name, value, ("none", "estimate", "accurate")) != "none"
        case "_summary":
            allowed = ("count", "false") if query.counts else ("false",)
            query.only_count |= _one_of(name, value, allowed) == "count"
        case "_sort":
            query.sort = [_sort_key(query.type, item) for item in value.split(",") if item]
        case "_include":
            query.includes.append(_include(name, value))
        case "_revinclude":
            query.revincludes.append(_include(name, value))
        case "_page_token":
            query.page_token = value
        case "_format":
            _one_of(
                name, value, ("json", "application/json", "application/fhir+json", "application/fhir json")
            )


def _one_of(name: str, value: str, allowed: Sequence[str]) -> str:
    if value not in allowed:
        raise UnknownParameter(f"{name}={value[:40]} is not served; allowed: {', '.join(allowed)}.", name)
    return value


def _sort_key(resource_type: str, item: str) -> tuple[str, bool]:
    code = item.removeprefix("-")
    if code not in SORTS and _param(resource_type, code).kind != "date":
        raise UnknownParameter(
            f"_sort={item[:80]} is not served; allowed: _id, _lastUpdated and dates.", "_sort"
        )
    return code, item.startswith("-")


def _include(name: str, value: str) -> Include:
    source, _, rest = value.partition(":")
    code, _, target = rest.partition(":")
    param = search_params(source).get(code) if source in resource_types() else None
    if code != "*" and (param is None or param.kind != "reference"):
        raise UnknownParameter(
            f"{name}={value[:80]} is not of the form Type:reference or Type:reference:Target.", name
        )
    return Include(source, code, target)


def split(value: str, mark: str = ",") -> list[str]:
    """Parts between unescaped marks; escapes stay, see `plain`."""
    parts = [[""]]
    for piece in re.findall(r"\\.|.", value, re.DOTALL):
        if piece == mark:
            parts.append([])
        else:
            parts[-1].append(piece)
    if len(parts) > MOST_VALUES:
        raise TooCostly(f"A parameter has {len(parts)} values; allowed: up to {MOST_VALUES}.")
    return ["".join(part) for part in parts]


def plain(value: str) -> str:
    """The value without its escapes (https://hl7.org/fhir/R4/search.html#escaping)."""
    return re.sub(r"\\(.)", r"\1", value, flags=re.DOTALL)
