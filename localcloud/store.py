"""The state: one SQLite file (WAL) that holds every resource as the raw JSON it was given."""

from __future__ import annotations

import builtins
import json
import os
import sqlite3
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from localcloud.api import Json

_SCHEMA = """
CREATE TABLE IF NOT EXISTS resource(
  api TEXT NOT NULL, name TEXT NOT NULL, parent TEXT NOT NULL, collection TEXT NOT NULL,
  body TEXT NOT NULL, PRIMARY KEY (api, name)) WITHOUT ROWID;
CREATE INDEX IF NOT EXISTS resource_parent ON resource(api, parent, collection);
CREATE TABLE IF NOT EXISTS policy(
  api TEXT NOT NULL, name TEXT NOT NULL, body TEXT NOT NULL, PRIMARY KEY (api, name)) WITHOUT ROWID;
CREATE TABLE IF NOT EXISTS private(
  service TEXT NOT NULL, key TEXT NOT NULL, value BLOB NOT NULL, PRIMARY KEY (service, key)) WITHOUT ROWID;
"""


Names = list[str]


def split_name(name: str) -> tuple[str, str]:
    """Parent and collection of a resource name: `a/b/c/d` is in collection `c` of `a/b`."""
    parts = name.split("/")
    return "/".join(parts[:-2]), parts[-2] if len(parts) > 1 else ""


class Store:
    """Resources, IAM policies and services' private values. Safe to call from many threads."""

    def __init__(self, path: Path) -> None:
        fresh = not path.exists()
        self._db = sqlite3.connect(path, check_same_thread=False, isolation_level=None)
        if fresh:
            os.chmod(path, 0o600)
        self._lock = threading.RLock()
        self._depth = 0
        self.changes = 0
        """Grows with every write of a resource or policy; what was computed from it is good until then."""
        self._db.executescript("PRAGMA journal_mode=WAL; PRAGMA synchronous=NORMAL;" + _SCHEMA)

    @contextmanager
    def transaction(self) -> Iterator[sqlite3.Connection]:
        """All or nothing; nests. The connection may be used for a service's own tables."""
        with self._lock:
            if self._depth == 0:
                self._db.execute("BEGIN IMMEDIATE")
            self._depth += 1
            try:
                yield self._db
            except BaseException:
                self._depth -= 1
                if self._depth == 0:
                    self._db.execute("ROLLBACK")
                raise
            self._depth -= 1
            if self._depth == 0:
                self._db.execute("COMMIT")

    def _rows(self, sql: str, *values: Any) -> list[tuple[Any, ...]]:
        with self._lock:
            return self._db.execute(sql, values).fetchall()

    def get(self, api: str, name: str) -> Json | None:
        rows = self._rows("SELECT body FROM resource WHERE api=? AND name=?", api, name)
        return json.loads(rows[0][0]) if rows else None

    def put(self, api: str, name: str, body: Json) -> None:
        parent, collection = split_name(name)
        with self.transaction() as db:
            self.changes += 1
            db.execute(
                "INSERT OR REPLACE INTO resource VALUES (?,?,?,?,?)",
                (api, name, parent, collection, json.dumps(body)),
            )

    def delete(self, api: str, name: str) -> bool:
        """Remove the resource, everything under it and their policies."""
        low, high = name + "/", name + "0"
        with self.transaction() as db:
            self.changes += 1
            found = db.execute("DELETE FROM resource WHERE api=? AND name=?", (api, name)).rowcount
            db.execute("DELETE FROM resource WHERE api=? AND name>? AND name<?", (api, low, high))
            db.execute(
                "DELETE FROM policy WHERE api=? AND (name=? OR (name>? AND name<?))",
                (api, name, low, high),
            )
        return found > 0

    def list(self, api: str, parent: str, collection: str) -> builtins.list[Json]:
        rows = self._rows(
            "SELECT body FROM resource WHERE api=? AND parent=? AND collection=? ORDER BY name",
            api,
            parent,
            collection,
        )
        return [json.loads(row[0]) for row in rows]

    def names(self, api: str, prefix: str = "") -> Names:
        rows = self._rows("SELECT name FROM resource WHERE api=? ORDER BY name", api)
        return [row[0] for row in rows if row[0].startswith(prefix)]

    def apis(self) -> Names:
        return [row[0] for row in self._rows("SELECT DISTINCT api FROM resource ORDER BY api")]

    def policy(self, api: str, name: str) -> Json | None:
        rows = self._rows("SELECT body FROM policy WHERE api=? AND name=?", api, name)
        return json.loads(rows[0][0]) if rows else None

    def set_policy(self, api: str, name: str, body: Json) -> None:
        with self.transaction() as db:
            self.changes += 1
            db.execute("INSERT OR REPLACE INTO policy VALUES (?,?,?)", (api, name, json.dumps(body)))

    def private(self, service: str, key: str) -> bytes | None:
        rows = self._rows("SELECT value FROM private WHERE service=? AND key=?", service, key)
        return rows[0][0] if rows else None

    def set_private(self, service: str, key: str, value: bytes | None) -> None:
        with self.transaction() as db:
            db.execute("DELETE FROM private WHERE service=? AND key=?", (service, key))
            if value is not None:
                db.execute("INSERT INTO private VALUES (?,?,?)", (service, key, value))

    def privates(self, service: str) -> builtins.list[tuple[str, bytes]]:
        """Every private value of a service, by key."""
        return [
            tuple(row)
            for row in self._rows("SELECT key, value FROM private WHERE service=? ORDER BY key", service)
        ]

    def wipe(self) -> None:
        """Empty every table, those of services too."""
        with self.transaction() as db:
            self.changes += 1
            tables = db.execute(
                "SELECT name FROM sqlite_master WHERE type='table' AND name NOT LIKE 'sqlite_%'"
            )
            for (table,) in tables.fetchall():
                db.execute(f'DELETE FROM "{table}"')

    def close(self) -> None:
        with self._lock:
            self._db.close()
