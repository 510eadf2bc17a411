"""Registered backend clients: public keys and scopes."""

from __future__ import annotations

import json
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any

from sqlalchemy import Engine, insert, select, update
from sqlalchemy.exc import IntegrityError

from runtime.db.tables import clients


@dataclass(frozen=True)
class Client:
    id: str
    jwks: dict[str, Any]
    scopes: str
    created_at: datetime
    revoked_at: datetime | None = None


class ClientError(ValueError):
    """A client that cannot be added or found."""

    def __init__(self, client_id: str, problem: str) -> None:
        super().__init__(f"client {client_id!r} {problem}")
        self.client_id = client_id


class Clients:
    def __init__(self, engine: Engine) -> None:
        self._engine = engine

    def add(self, client_id: str, jwks: dict[str, Any], scopes: str) -> Client:
        client = Client(client_id, jwks, scopes, datetime.now(UTC))
        row = {"id": client_id, "jwks": json.dumps(jwks), "scopes": scopes, "created_at": client.created_at}
        try:
            with self._engine.begin() as connection:
                connection.execute(insert(clients).values(row))
        except IntegrityError as error:
            raise ClientError(client_id, "exists already; use `client rotate` for new keys") from error
        return client

    def rotate(self, client_id: str, jwks: dict[str, Any]) -> None:
        self._change(client_id, jwks=json.dumps(jwks))

    def revoke(self, client_id: str) -> None:
        self._change(client_id, revoked_at=datetime.now(UTC))

    def get(self, client_id: str) -> Client | None:
        with self._engine.connect() as connection:
            row = connection.execute(select(clients).where(clients.c.id == client_id)).one_or_none()
        return _client(row) if row else None

    def all(self) -> list[Client]:
        with self._engine.connect() as connection:
            return [_client(row) for row in connection.execute(select(clients).order_by(clients.c.id))]

    def revoked(self) -> frozenset[str]:
        with self._engine.connect() as connection:
            return frozenset(
                connection.execute(select(clients.c.id).where(clients.c.revoked_at.is_not(None))).scalars()
            )

    def _change(self, client_id: str, **values: Any) -> None:
        with self._engine.begin() as connection:
            changed = connection.execute(update(clients).where(clients.c.id == client_id).values(**values))
        if changed.rowcount == 0:
            raise ClientError(client_id, "is not registered")


def _client(row: Any) -> Client:
    return Client(row.id, json.loads(row.jwks), row.scopes, row.created_at, row.revoked_at)
