"""Reading resource rows: current ones and superseded ones."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime

from runtime.fhir.database import Conn
from runtime.fhir.references import Target

_COLUMNS = "r.rid, r.type, r.id, r.version, r.updated, r.action, r.body"


@dataclass(frozen=True, slots=True)
class Row:
    """One version of one resource; `action` is `c`reate, `u`pdate or `d`elete, a deleted one has no body."""

    rid: int
    type: str
    id: str
    version: int
    updated: datetime
    action: str
    body: bytes | None

    @property
    def deleted(self) -> bool:
        return self.action == "d"


def current(conn: Conn, resource_type: str, resource_id: str) -> Row | None:
    with conn.cursor(binary=True) as cursor:
        cursor.execute(
            f"SELECT {_COLUMNS} FROM resource r WHERE type=%s AND id=%s", (resource_type, resource_id)
        )
        found = cursor.fetchone()
    return as_row(found) if found else None


def locked(conn: Conn, targets: Iterable[Target]) -> dict[Target, Row]:
    """The rows of these resources, locked in one order so that writers never wait in a ring."""
    wanted = sorted(set(targets))
    if not wanted:
        return {}
    with conn.cursor(binary=True) as cursor:
        cursor.execute(
            f"SELECT {_COLUMNS} FROM resource r JOIN unnest(%s::text[], %s::text[]) k(type, id) "
            "ON r.type = k.type AND r.id = k.id ORDER BY r.type, r.id FOR UPDATE OF r",
            ([t.type for t in wanted], [t.id for t in wanted]),
        )
        return {Target(row.type, row.id): row for row in map(as_row, cursor)}


def existing(conn: Conn, targets: Iterable[Target]) -> set[Target]:
    """Which of these exist and are not deleted; they cannot be deleted before the transaction ends."""
    wanted = sorted(set(targets))
    if not wanted:
        return set()
    found = conn.execute(
        "SELECT r.type, r.id FROM resource r JOIN unnest(%s::text[], %s::text[]) k(type, id) "
        "ON r.type = k.type AND r.id = k.id WHERE NOT r.deleted ORDER BY r.type, r.id FOR KEY SHARE OF r",
        ([t.type for t in wanted], [t.id for t in wanted]),
    )
    return {Target(*row) for row in found}


def version(conn: Conn, resource_type: str, resource_id: str, number: int) -> Row | None:
    with conn.cursor(binary=True) as cursor:
        cursor.execute(
            "SELECT rid, type, id, version, updated, action, body FROM resource "
            "WHERE type=%(type)s AND id=%(id)s AND version=%(version)s UNION ALL "
            "SELECT 0, type, id, version, updated, action, body FROM history "
            "WHERE type=%(type)s AND id=%(id)s AND version=%(version)s LIMIT 1",
            {"type": resource_type, "id": resource_id, "version": number},
        )
        found = cursor.fetchone()
    return as_row(found) if found else None


def versions(
    conn: Conn,
    resource_type: str,
    resource_id: str,
    before: int,
    since: datetime | None,
    limit: int,
) -> list[Row]:
    """Versions below `before`, newest first."""
    with conn.cursor(binary=True) as cursor:
        cursor.execute(
            "SELECT * FROM (SELECT rid, type, id, version, updated, action, body FROM resource "
            "WHERE type=%(type)s AND id=%(id)s UNION ALL "
            "SELECT 0, type, id, version, updated, action, body FROM history "
            "WHERE type=%(type)s AND id=%(id)s) v "
            "WHERE version < %(before)s AND (%(since)s::timestamptz IS NULL OR updated >= %(since)s) "
            "ORDER BY version DESC LIMIT %(limit)s",
            {"type": resource_type, "id": resource_id, "before": before, "since": since, "limit": limit},
        )
        return [as_row(row) for row in cursor]


def as_row(found: tuple[object, ...]) -> Row:
    rid, type_, id_, number, updated, action, body = found
    name = action.decode() if isinstance(action, bytes) else action
    return Row(rid, type_, id_, number, updated, name, body)  # type: ignore[arg-type]
