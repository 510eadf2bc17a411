"""Writing changes: any number of resources in one round of statements, index rows and outbox included."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from runtime.fhir.config import StoreConfig
from runtime.fhir.database import Conn
from runtime.fhir.dates import instant
from runtime.fhir.errors import Json
from runtime.fhir.extract import KINDS, extract
from runtime.fhir.jsontext import dumps
from runtime.fhir.rows import Row
from runtime.fhir.store import Store

_COLUMNS = {
    "token": ("int[]", "text[]", "text[]"),
    "string": ("int[]", "text[]", "text[]"),
    "date": ("int[]", "bigint[]", "bigint[]"),
    "reference": ("int[]", "text[]", "text[]"),
    "quantity": ("int[]", "text[]::numeric[]", "text[]::numeric[]", "text[]", "text[]"),
    "number": ("int[]", "text[]::numeric[]"),
    "uri": ("int[]", "text[]"),
}
_INSERTS = {
    kind: f"INSERT INTO {kind} SELECT * FROM unnest({', '.join(f'%s::{c}' for c in (*columns, 'bigint[]'))})"
    for kind, columns in _COLUMNS.items()
}


@dataclass(frozen=True)
class Change:
    """What is to become of one resource. `old` is its locked row; `resource` is None for a deletion."""

    type: str
    id: str
    old: Row | None
    resource: Json | None

    @property
    def creates(self) -> bool:
        return self.resource is not None and (self.old is None or self.old.deleted)


def stamped(resource: Json, resource_id: str, version: int, at: datetime) -> Json:
    """The resource as it is stored: id and meta first, the rest in the order it came."""
    meta = {**resource.get("meta", {}), "versionId": str(version), "lastUpdated": instant(at)}
    rest = {k: v for k, v in resource.items() if k not in ("resourceType", "id", "meta")}
    return {"resourceType": resource["resourceType"], "id": resource_id, "meta": meta, **rest}


def apply(conn: Conn, changes: Sequence[Change], store: Store) -> list[Row]:
    """Write all changes (one per resource) and give back the rows as they are now, in the same order."""
    fresh = iter(store.rids.take(conn, sum(change.old is None for change in changes)))
    now = store.now()
    rows = [_next_row(change, fresh, now) for change in changes]
    with conn.pipeline():
        _write_rows(conn, changes, rows, store.config)
        _write_index(conn, changes, rows, store.base_url)
        if store.config.notify:
            _insert(
                conn,
                "INSERT INTO outbox(type, id, version, updated, action) SELECT * FROM unnest("
                '%s::text[], %s::text[], %s::int[], %s::timestamptz[], %s::text[]::"char"[])',
                [(r.type, r.id, r.version, r.updated, r.action) for r in rows],
            )
    return rows


def _next_row(change: Change, fresh: Any, now: datetime) -> Row:
    rid, version = (change.old.rid, change.old.version + 1) if change.old else (next(fresh), 1)
    if change.resource is None:
        return Row(rid, change.type, change.id, version, now, "d", None)
    body = dumps(stamped(change.resource, change.id, version, now))
    return Row(rid, change.type, change.id, version, now, "c" if change.creates else "u", body)


def _write_rows(conn: Conn, changes: Sequence[Change], rows: Sequence[Row], config: StoreConfig) -> None:
    new = [row for row, change in zip(rows, changes, strict=True) if change.old is None]
    old = [row for row, change in zip(rows, changes, strict=True) if change.old is not None]
    _insert(
        conn,
        "INSERT INTO resource SELECT rid, type, id, version, updated, action, action = 'd', body FROM unnest("
        "%s::bigint[], %s::text[], %s::text[], %s::int[], %s::timestamptz[], "
        '%s::text[]::"char"[], %s::bytea[]) '
        "r(rid, type, id, version, updated, action, body)",
        [(r.rid, r.type, r.id, r.version, r.updated, r.action, r.body) for r in new],
    )
    if not old:
        return
    ids = [row.rid for row in old]
    if config.versioning:
        conn.execute(
            "INSERT INTO history SELECT type, id, version, updated, action, body FROM resource "
            "WHERE rid = ANY(%s)",
            (ids,),
        )
    _insert(
        conn,
        "UPDATE resource r SET version = n.version, updated = n.updated, action = n.action, "
        "deleted = n.action = 'd', body = n.body FROM unnest("
        '%s::bigint[], %s::int[], %s::timestamptz[], %s::text[]::"char"[], %s::bytea[]) '
        "n(rid, version, updated, action, body) WHERE r.rid = n.rid",
        [(r.rid, r.version, r.updated, r.action, r.body) for r in old],
    )
    for kind in KINDS:
        conn.execute(f"DELETE FROM {kind} WHERE rid = ANY(%s)", (ids,))


def _write_index(conn: Conn, changes: Sequence[Change], rows: Sequence[Row], base_url: str) -> None:
    by_kind: dict[str, list[tuple[Any, ...]]] = {}
    for change, row in zip(changes, rows, strict=True):
        if change.resource is not None:
            for kind, found in extract(change.resource, base_url).by_kind.items():
                by_kind.setdefault(kind, []).extend((*values, row.rid) for values in found)
    for kind in KINDS:
        _insert(conn, _INSERTS[kind], by_kind.get(kind, []))


def _insert(conn: Conn, statement: str, rows: Sequence[tuple[Any, ...]]) -> None:
    """Run a statement over rows given as one array for each column."""
    if rows:
        conn.execute(statement, [list(column) for column in zip(*rows, strict=True)])
