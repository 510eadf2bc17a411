"""Notifications: what changed, committed with the change itself and delivered at least once."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime

from runtime.fhir.database import Conn, Database

BATCH = 200
_ACTIONS = {"c": "CreateResource", "u": "UpdateResource", "d": "DeleteResource"}


@dataclass(frozen=True)
class Notice:
    """One change; `action` as the Healthcare API names it, `resource` its text (None if deleted)."""

    sequence: int
    type: str
    id: str
    version: int
    updated: datetime
    action: str
    resource: bytes | None


Publish = Callable[[list[Notice]], None]


def drain(database: Database, publish: Publish) -> int:
    """Hand over everything that waits, oldest first; what `publish` raises for stays and comes again."""
    total = 0
    while number := database.write(lambda conn: _drain_some(conn, publish)):
        total += number
    return total


def _drain_some(conn: Conn, publish: Publish) -> int:
    # The rows stay locked until they are published: a second drainer waits for none and takes none of them.
    with conn.cursor(binary=True) as cursor:
        cursor.execute(
            "SELECT o.seq, o.type, o.id, o.version, o.updated, o.action::text, "
            "CASE WHEN r.version = o.version THEN r.body ELSE h.body END FROM outbox o "
            "LEFT JOIN resource r ON r.type = o.type AND r.id = o.id "
            "LEFT JOIN history h ON h.type = o.type AND h.id = o.id AND h.version = o.version "
            "ORDER BY o.seq LIMIT %s FOR UPDATE OF o SKIP LOCKED",
            (BATCH,),
        )
        notices = [
            Notice(seq, type_, id_, version, updated, _ACTIONS[action], body)
            for seq, type_, id_, version, updated, action, body in cursor
        ]
    if notices:
        publish(notices)
        conn.execute("DELETE FROM outbox WHERE seq = ANY(%s)", ([notice.sequence for notice in notices],))
    return len(notices)
