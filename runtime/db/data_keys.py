"""Wrapped data keys. Rows are only ever added: an earlier key still opens what it sealed."""

from __future__ import annotations

import uuid
from datetime import UTC, datetime
from typing import Any

from sqlalchemy import Engine, insert, select

from runtime.db.tables import data_keys
from runtime.fields.keys import WrappedKey


class DataKeyTable:
    def __init__(self, engine: Engine) -> None:
        self._engine = engine

    def newest(self) -> WrappedKey | None:
        return self._one(select(data_keys).order_by(data_keys.c.created_at.desc()).limit(1))

    def get(self, key_id: uuid.UUID) -> WrappedKey | None:
        return self._one(select(data_keys).where(data_keys.c.id == key_id))

    def add(self, key: WrappedKey) -> None:
        created = datetime.fromtimestamp(key.created, UTC)
        with self._engine.begin() as connection:
            connection.execute(insert(data_keys).values(id=key.id, wrapped=key.wrapped, created_at=created))

    def _one(self, query: Any) -> WrappedKey | None:
        with self._engine.connect() as connection:
            row = connection.execute(query).one_or_none()
        return WrappedKey(row.id, bytes(row.wrapped), _seconds(row.created_at)) if row else None


def _seconds(moment: datetime) -> float:
    return (moment if moment.tzinfo else moment.replace(tzinfo=UTC)).timestamp()
