"""`_include` and `_revinclude`: resources that matches refer to, and that refer to matches."""

from __future__ import annotations

from collections.abc import Sequence

from runtime.fhir.database import Conn
from runtime.fhir.definitions.table import search_params
from runtime.fhir.rows import Row, as_row
from runtime.fhir.search.query import Include, Query

MOST = 1000
"""Included resources of one page."""
_COLUMNS = "t.rid, t.type, t.id, t.version, t.updated, t.action, t.body"


def included(conn: Conn, query: Query, rows: Sequence[Row]) -> list[Row]:
    """Each included resource once, and none that is a match already."""
    found: dict[int, Row] = {}
    for include in query.includes:
        sources = [row.rid for row in rows if row.type == include.source]
        found.update((row.rid, row) for row in _forward(conn, include, sources))
    for include in query.revincludes:
        found.update((row.rid, row) for row in _backward(conn, include, rows))
    return [row for rid, row in found.items() if rid not in {match.rid for match in rows}][:MOST]


def _params(include: Include) -> list[int]:
    known = search_params(include.source)
    return [p.key for code, p in known.items() if p.kind == "reference" and include.code in (code, "*")]


def _forward(conn: Conn, include: Include, rids: list[int]) -> list[Row]:
    with conn.cursor(binary=True) as cursor:
        cursor.execute(
            f"SELECT DISTINCT ON (t.rid) {_COLUMNS} FROM reference i "
            "JOIN resource t ON t.type = i.target_type "
            "AND t.id = i.target WHERE i.rid = ANY(%s) AND i.param = ANY(%s) AND NOT t.deleted "
            "AND (%s = '' OR t.type = %s) LIMIT %s",
            (rids, _params(include), include.target, include.target, MOST),
        )
        return [as_row(row) for row in cursor]


def _backward(conn: Conn, include: Include, rows: Sequence[Row]) -> list[Row]:
    with conn.cursor(binary=True) as cursor:
        cursor.execute(
            f"SELECT DISTINCT ON (t.rid) {_COLUMNS} FROM reference i JOIN resource t ON t.rid = i.rid "
            "JOIN unnest(%s::text[], %s::text[]) k(type, id) ON i.target = k.id AND i.target_type = k.type "
            "WHERE i.param = ANY(%s) AND NOT t.deleted LIMIT %s",
            ([row.type for row in rows], [row.id for row in rows], _params(include), MOST),
        )
        return [as_row(row) for row in cursor]
