"""What a superuser does in a server, over its unix socket."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import Any

import psycopg
from psycopg import sql

from localcloud.postgres.addresses import Address
from localcloud.postgres.config import ADMIN

Query = str | sql.Composable


class Superuser:
    """Connections and statements of `postgres`, whom only the private socket lets in."""

    sockets: Path
    address: Address

    def dsn(self, database: str = "postgres") -> str:
        """Connection string of the superuser over the unix socket."""
        return psycopg.conninfo.make_conninfo(
            host=str(self.sockets), port=self.address.backend_port, user=ADMIN, dbname=database
        )

    def connect(self, database: str = "postgres", **options: Any) -> psycopg.Connection[tuple[Any, ...]]:
        return psycopg.connect(self.dsn(database), autocommit=True, **options)

    def execute(self, query: Query, values: Sequence[Any] = (), database: str = "postgres") -> None:
        self.rows(query, values, database)

    def rows(
        self, query: Query, values: Sequence[Any] = (), database: str = "postgres"
    ) -> list[tuple[Any, ...]]:
        """Run one statement as superuser; its rows, if it has any."""
        with self.connect(database) as connection:
            cursor = connection.execute(query, values or None)  # type: ignore[arg-type]
            return cursor.fetchall() if cursor.description else []

    def databases(self) -> list[str]:
        rows = self.rows("SELECT datname FROM pg_database WHERE NOT datistemplate ORDER BY 1")
        return [row[0] for row in rows]

    def create_database(self, name: str, owner: str | None = None) -> bool:
        """Create a database unless it is there; True when it was made."""
        if name in self.databases():
            return False
        statement = sql.SQL("CREATE DATABASE {}").format(sql.Identifier(name))
        if owner:
            statement += sql.SQL(" OWNER {}").format(sql.Identifier(owner))
        self.execute(statement)
        return True

    def drop_database(self, name: str) -> None:
        """Drop a database, ending whoever is connected to it."""
        self.execute(sql.SQL("DROP DATABASE IF EXISTS {} WITH (FORCE)").format(sql.Identifier(name)))
