"""Objects and unfinished uploads: rows in the state file, bytes in files beside it."""

from __future__ import annotations

import hashlib
import sqlite3
import uuid
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from localcloud.cloud import Cloud

LIVE, NONCURRENT, SOFT_DELETED = "live", "noncurrent", "soft"

_SCHEMA = (
    """CREATE TABLE IF NOT EXISTS storage_object(
      bucket TEXT NOT NULL, name TEXT NOT NULL, generation INTEGER NOT NULL, state TEXT NOT NULL,
      body TEXT NOT NULL, blob TEXT NOT NULL, PRIMARY KEY (bucket, name, generation)) WITHOUT ROWID""",
    "CREATE UNIQUE INDEX IF NOT EXISTS storage_live ON storage_object(bucket, name) WHERE state='live'",
    """CREATE TABLE IF NOT EXISTS storage_upload(
      id TEXT PRIMARY KEY, bucket TEXT NOT NULL, session TEXT NOT NULL) WITHOUT ROWID""",
)


@contextmanager
def transaction(cloud: Cloud) -> Iterator[sqlite3.Connection]:
    """A transaction in which Storage's tables exist."""
    with cloud.store.transaction() as db:
        for statement in _SCHEMA:
            db.execute(statement)
        yield db


def blob_path(cloud: Cloud, bucket: str, blob: str) -> Path:
    """Where an object's bytes lie; bucket names never become paths."""
    return cloud.settings.home / "objects" / hashlib.sha256(bucket.encode()).hexdigest()[:16] / blob


def write_blob(cloud: Cloud, bucket: str, data: bytes) -> str:
    """Store bytes under a new name; a row must point to it before anyone sees it."""
    blob = uuid.uuid4().hex
    path = blob_path(cloud, bucket, blob)
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_bytes(data)
    path.chmod(0o600)
    return blob
