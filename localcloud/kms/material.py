"""Key material: its own table, and an erasure that leaves no copy in the state file or its log."""

from __future__ import annotations

import sqlite3

from localcloud.cloud import Cloud

_TABLE = (
    "CREATE TABLE IF NOT EXISTS kms_material(version TEXT PRIMARY KEY, material BLOB NOT NULL) WITHOUT ROWID"
)


def keep(cloud: Cloud, version: str, material: bytes) -> None:
    with cloud.store.transaction() as db:
        db.execute(_TABLE)
        db.execute("INSERT INTO kms_material VALUES (?,?)", (version, material))


def read(cloud: Cloud, version: str) -> bytes:
    with cloud.store.transaction() as db:
        db.execute(_TABLE)
        row = db.execute("SELECT material FROM kms_material WHERE version=?", (version,)).fetchone()
    if row is None:
        raise LookupError(f"no key material for {version}")
    return bytes(row[0])


def erase(cloud: Cloud, version: str) -> None:
    """Remove the material; secure_delete overwrites its bytes in the page."""
    with cloud.store.transaction() as db:
        db.execute("PRAGMA secure_delete=ON")
        db.execute(_TABLE)
        db.execute("DELETE FROM kms_material WHERE version=?", (version,))


def flush(cloud: Cloud) -> None:
    """Bring the overwritten pages into the file and empty the write-ahead log, which has the old ones."""
    with sqlite3.connect(cloud.settings.state_file, timeout=10) as db:
        db.execute("PRAGMA wal_checkpoint(TRUNCATE)")
    db.close()
