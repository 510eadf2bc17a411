"""Running a search: one page of matches, what they include, the total, and the link to the next page."""

from __future__ import annotations

import json
from datetime import datetime
from typing import Any
from urllib.parse import parse_qsl

from runtime.fhir.bundles import Entry, bundle
from runtime.fhir.database import Conn
from runtime.fhir.errors import BadRequest, UnknownParameter
from runtime.fhir.messages import FhirResponse
from runtime.fhir.reads import make_page_token, page_token
from runtime.fhir.rows import Row, as_row
from runtime.fhir.search.include import included
from runtime.fhir.search.query import Query, parse
from runtime.fhir.search.sql import Statement, where
from runtime.fhir.store import Store

_COLUMNS = "r.rid, r.type, r.id, r.version, r.updated, r.action, r.body"
_NONE_LOW, _NONE_HIGH = 2**62, -(2**62)
_FEW = 20
"""Resources that make no large page; their search is spared the question."""
PAGE_BYTES = 16 << 20
"""A page ends with the resource that passes this, as Google's does: it "might return fewer resources than
requested to prevent excessively large responses".
https://cloud.google.com/healthcare-api/docs/reference/rest/v1/projects.locations.datasets.fhirStores.fhir/search-type
"""


def search(store: Store, conn: Conn, query: Query) -> FhirResponse:
    url = f"{store.base_url}/{query.type}"
    total = _total(conn, query) if query.total or query.only_count else None
    if query.only_count:
        return bundle("searchset", [], url, query.used, total=total)
    rows, next_token = _page(conn, query, PAGE_BYTES if query.count > _FEW else None)
    entries = [_entry(store, row, "match") for row in rows]
    entries += [_entry(store, row, "include") for row in included(conn, query, rows)]
    return bundle("searchset", entries, url, query.used, next_token, total)


def matches(
    conn: Conn, resource_type: str, criteria: str | list[tuple[str, str]], limit: int = 2
) -> list[Row]:
    """The resources a condition selects (`identifier=…`); every parameter must be known, one given."""
    pairs = parse_qsl(criteria, keep_blank_values=True) if isinstance(criteria, str) else criteria
    query = parse(resource_type, pairs, strict=True)
    if not query.criteria:
        raise UnknownParameter(
            f"The condition {str(criteria)[:120]!r} holds no search parameter.", resource_type
        )
    query.count = limit
    return _page(conn, query)[0]


def _entry(store: Store, row: Row, mode: str) -> Entry:
    return Entry(f"{store.base_url}/{row.type}/{row.id}", row.body, mode)


def _total(conn: Conn, query: Query) -> int:
    plain = Query(query.type, query.criteria)
    statement = where(plain)
    row = conn.execute("SELECT count(*)" + statement.text, statement.values).fetchone()
    return int(row[0]) if row else 0


def _page(conn: Conn, query: Query, most: int | None = None) -> tuple[list[Row], str | None]:
    """Matches after the page token, and a token when there are more; with `most` no more than so many bytes,
    but for the last."""
    keys = _sort_keys(query)
    statement = where(query)
    if query.page_token:
        _after(statement, keys, query.page_token)
    order = ", ".join(f"{column} {'DESC' if down else 'ASC'}" for column, _, down in keys)
    columns = ", ".join(column for column, _, _ in keys)
    text = f"SELECT {_COLUMNS}, {columns}{statement.text} ORDER BY {order} LIMIT %s"
    values = [*statement.values, query.count + 1]
    if most is not None:
        text, values = _FEWER.format(text), [*values, most]
    with conn.cursor(binary=True) as cursor:
        cursor.execute(text, values)
        found = cursor.fetchall()
    there = found[0][-1] if found and most is not None else len(found)
    found = found[: query.count]
    end = 7 + len(keys)
    return [as_row(row[:7]) for row in found], _token(found[-1][7:end]) if found and there > len(
        found
    ) else None


_FEWER = (
    "SELECT * FROM (SELECT p.*, sum(octet_length(body)) OVER (ROWS UNBOUNDED PRECEDING) - octet_length(body) "
    "AS before, count(*) OVER () AS there FROM ({}) p) q WHERE before < %s"
)
"""The length of a long body is known without reading it."""


def _sort_keys(query: Query) -> list[tuple[str, str, bool]]:
    """(SQL expression, type, descending): what was asked, then the row id so that no two are equal."""
    keys = []
    for i, (code, down) in enumerate(query.sort):
        if code == "_id":
            keys.append(("r.id", "text", down))
        elif code == "_lastUpdated":
            keys.append(("r.updated", "timestamptz", down))
        else:
            # Resources without the date come last in either direction.
            column = f"coalesce(s{i}.high, {_NONE_HIGH})" if down else f"coalesce(s{i}.low, {_NONE_LOW})"
            keys.append((column, "bigint", down))
    return [*keys, ("r.rid", "bigint", keys[0][2] if keys else True)]


def _after(statement: Statement, keys: list[tuple[str, str, bool]], token: str) -> None:
    """Rows beyond the last one of the page before: `a > x OR (a = x AND b > y) …`."""
    try:
        last = json.loads(page_token(token))
        if (
            not isinstance(last, list)
            or len(last) != len(keys)
            or not all(isinstance(v, str | int) for v in last)
        ):
            raise ValueError("another query's token")
        for value, (_, kind, _) in zip(last, keys, strict=True):
            _check(value, kind)
    except ValueError as error:
        raise BadRequest("_page_token was not made by this search.", "_page_token") from error
    if len({down for _, _, down in keys}) == 1:
        columns, marks = ", ".join(k[0] for k in keys), ", ".join(f"%s::{k[1]}" for k in keys)
        statement.add(f" AND ({columns}) {'<' if keys[0][2] else '>'} ({marks})", *last)
        return
    alternatives, values = [], []
    for i, (column, kind, down) in enumerate(keys):
        same = "".join(f"{keys[j][0]} = %s::{keys[j][1]} AND " for j in range(i))
        alternatives.append(f"({same}{column} {'<' if down else '>'} %s::{kind})")
        values += last[: i + 1]
    statement.add(f" AND ({' OR '.join(alternatives)})", *values)


def _check(value: Any, kind: str) -> None:
    if kind == "bigint" and not (isinstance(value, int) and abs(value) < 2**63):
        raise ValueError(value)
    if kind == "timestamptz":
        datetime.fromisoformat(value)
    if kind == "text" and "\0" in str(value):
        raise ValueError(value)


def _token(values: tuple[Any, ...]) -> str:
    return make_page_token(json.dumps([v.isoformat() if isinstance(v, datetime) else v for v in values]))
