"""Messages and deliveries: tables of the state file, so a publish is on disk before it answers."""

from __future__ import annotations

import sqlite3
from collections.abc import Iterator
from contextlib import contextmanager

from localcloud.cloud import Cloud

_SCHEMA = (
    """CREATE TABLE IF NOT EXISTS pubsub_message(
      id INTEGER PRIMARY KEY AUTOINCREMENT, topic TEXT NOT NULL, published REAL NOT NULL,
      data BLOB NOT NULL, attributes TEXT NOT NULL, ordering_key TEXT NOT NULL)""",
    "CREATE INDEX IF NOT EXISTS pubsub_message_topic ON pubsub_message(topic, published)",
    """CREATE TABLE IF NOT EXISTS pubsub_delivery(
      subscription TEXT NOT NULL, message INTEGER NOT NULL, ordering_key TEXT NOT NULL,
      published REAL NOT NULL, due REAL NOT NULL,
      lease_until REAL, token TEXT, holder TEXT, attempts INTEGER NOT NULL DEFAULT 0,
      acked REAL, PRIMARY KEY (subscription, message)) WITHOUT ROWID""",
    "CREATE INDEX IF NOT EXISTS pubsub_delivery_due ON pubsub_delivery(subscription, acked, due)",
    "CREATE INDEX IF NOT EXISTS pubsub_delivery_key ON pubsub_delivery(subscription, ordering_key, message)",
    "CREATE INDEX IF NOT EXISTS pubsub_delivery_message ON pubsub_delivery(message)",
    """CREATE TABLE IF NOT EXISTS pubsub_snapshot(
      snapshot TEXT NOT NULL, message INTEGER NOT NULL, PRIMARY KEY (snapshot, message)) WITHOUT ROWID""",
)


@contextmanager
def transaction(cloud: Cloud) -> Iterator[sqlite3.Connection]:
    """A transaction in which Pub/Sub's tables exist."""
    with cloud.store.transaction() as db:
        for statement in _SCHEMA:
            db.execute(statement)
        yield db
