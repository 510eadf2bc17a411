"""The head of the audit chain as the database knows it; its row lock keeps one writer at a time."""

from __future__ import annotations

from datetime import UTC, datetime

from sqlalchemy import Connection, Engine, insert, select, update
from sqlalchemy.exc import IntegrityError

from runtime.audit.record import GENESIS, Link
from runtime.db.tables import audit_heads as table


class Heads:
    def __init__(self, engine: Engine, tenant: str) -> None:
        self._engine, self._tenant = engine, tenant

    def lock(self) -> tuple[Connection, Link]:
        """An open transaction that holds the row, and the head in it."""
        self._ensure()
        connection = self._engine.connect()
        try:
            row = connection.execute(
                select(table).where(table.c.tenant == self._tenant).with_for_update()
            ).one()
        except BaseException:
            connection.close()
            raise
        return connection, Link(row.sequence, "", row.hash)

    def save(self, connection: Connection, head: Link) -> None:
        values = {"sequence": head.sequence, "hash": head.hash, "updated_at": datetime.now(UTC)}
        connection.execute(update(table).where(table.c.tenant == self._tenant).values(values))
        connection.commit()

    def _ensure(self) -> None:
        row = {
            "tenant": self._tenant,
            "sequence": GENESIS.sequence,
            "hash": GENESIS.hash,
            "updated_at": datetime.now(UTC),
        }
        try:
            with self._engine.begin() as connection:
                known = connection.execute(
                    select(table.c.tenant).where(table.c.tenant == self._tenant)
                ).one_or_none()
                if known is None:
                    connection.execute(insert(table).values(row))
        except IntegrityError:
            return
