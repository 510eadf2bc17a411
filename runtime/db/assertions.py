"""Client assertions are good once."""

from __future__ import annotations

from datetime import UTC, datetime

from sqlalchemy import Engine, delete, insert
from sqlalchemy.exc import IntegrityError

from runtime.db.tables import assertions


class Assertions:
    def __init__(self, engine: Engine) -> None:
        self._engine = engine

    def use(self, client_id: str, jti: str, expires_at: datetime) -> bool:
        """False when it was used before, by this process or another."""
        try:
            with self._engine.begin() as connection:
                connection.execute(delete(assertions).where(assertions.c.expires_at < datetime.now(UTC)))
                connection.execute(
                    insert(assertions).values(client_id=client_id, jti=jti, expires_at=expires_at)
                )
        except IntegrityError:
            return False
        return True
