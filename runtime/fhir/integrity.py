"""Referential integrity: a reference inside the store leads somewhere, and what is referred to stays.

As the Healthcare API does unless `disableReferentialIntegrity` is set.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence

from runtime.fhir.changes import Change
from runtime.fhir.database import Conn
from runtime.fhir.errors import Conflict, Json, MissingReference
from runtime.fhir.references import Target, collect, local_target
from runtime.fhir.rows import existing


def check(conn: Conn, changes: Sequence[Change], base_url: str) -> None:
    """Refuse changes that would leave a reference leading nowhere."""
    written = {Target(c.type, c.id) for c in changes if c.resource is not None}
    deleted = {Target(c.type, c.id) for c in changes if c.resource is None}
    wanted = _targets((c.resource for c in changes if c.resource is not None), base_url) - written
    missing = wanted & deleted | (wanted - existing(conn, wanted - deleted))
    if missing:
        first = min(missing)
        raise MissingReference(
            f"reference not found: {first.type}/{first.id} does not exist in this store.", "reference"
        )
    _refuse_orphans(
        conn,
        [c.old.rid for c in changes if c.resource is None and c.old],
        deleted,
        [c.old.rid for c in changes if c.resource is not None and c.old],
    )


def _targets(resources: Iterable[Json], base_url: str) -> set[Target]:
    found = (local_target(text, base_url) for resource in resources for text in collect(resource))
    return {target for target in found if target is not None}


def _refuse_orphans(conn: Conn, gone: list[int], deleted: set[Target], rewritten: list[int]) -> None:
    """A resource that others still refer to is not deleted; the changes' own rows do not count."""
    if not deleted:
        return
    row = conn.execute(
        "SELECT i.target_type, i.target, r.type, r.id FROM reference i "
        "JOIN unnest(%s::text[], %s::text[]) k(type, id) ON i.target = k.id AND i.target_type = k.type "
        "JOIN resource r ON r.rid = i.rid WHERE NOT r.deleted AND i.rid <> ALL(%s) LIMIT 1",
        ([t.type for t in deleted], [t.id for t in deleted], gone + rewritten),
    ).fetchone()
    if row:
        raise Conflict(f"{row[0]}/{row[1]} cannot be deleted: {row[2]}/{row[3]} refers to it.")
