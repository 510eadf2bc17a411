"""Idempotency-Key: the same request again gets the same answer, and is done once.

A row without an answer is a request under way. After `LEASE` it is taken for
lost (the process was killed) and may be tried again.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import UTC, datetime, timedelta

from sqlalchemy import ColumnElement, Engine, and_, delete, insert, or_, select, update
from sqlalchemy.exc import IntegrityError

from runtime.db.tables import idempotency_keys as table

KEPT = timedelta(hours=24)
LEASE = timedelta(minutes=5)


@dataclass(frozen=True)
class Earlier:
    """What is known of an earlier request with the key; `answer` is sealed."""

    request_hash: str
    answer: bytes | None


class IdempotencyKeys:
    def __init__(self, engine: Engine) -> None:
        self._engine = engine

    def begin(self, client_id: str, key: str, request_hash: str) -> Earlier | None:
        """None when this request is the first and may go on."""
        now = datetime.now(UTC)
        lost = and_(table.c.answer.is_(None), table.c.created_at < now - LEASE)
        row = {"client_id": client_id, "key": key, "request_hash": request_hash, "created_at": now}
        try:
            with self._engine.begin() as connection:
                connection.execute(delete(table).where(or_(table.c.created_at < now - KEPT, lost)))
                connection.execute(insert(table).values(row))
            return None
        except IntegrityError:
            with self._engine.connect() as connection:
                found = connection.execute(select(table).where(_is(client_id, key))).one_or_none()
            return Earlier(found.request_hash, found.answer) if found else Earlier(request_hash, None)

    def finish(self, client_id: str, key: str, answer: bytes) -> None:
        with self._engine.begin() as connection:
            connection.execute(update(table).where(_is(client_id, key)).values(answer=answer))

    def forget(self, client_id: str, key: str) -> None:
        """The request did nothing: it may be tried again."""
        with self._engine.begin() as connection:
            connection.execute(delete(table).where(_is(client_id, key)))


def _is(client_id: str, key: str) -> ColumnElement[bool]:
    return and_(table.c.client_id == client_id, table.c.key == key)
