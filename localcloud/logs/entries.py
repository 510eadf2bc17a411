"""Entries: their form, where they are kept, and how they are found again."""

from __future__ import annotations

import json
import re
import secrets
import sqlite3
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from datetime import timedelta
from typing import Any
from urllib.parse import quote

from localcloud import projects
from localcloud.api import ApiError, Json
from localcloud.cloud import Cloud
from localcloud.logs import buckets, filters, routing
from localcloud.timestamps import parse, stamp

_NAME = re.compile(
    r"(?P<container>(?:projects|folders|organizations|billingAccounts)/[^/]+)/logs/(?P<id>[^/]+)"
)
_ID = re.compile(r"(?:[A-Za-z0-9._-]|%2[Ff])+")
_PAYLOADS = ("textPayload", "jsonPayload", "protoPayload")
_LARGEST = 256 * 1024
_SCHEMA = (
    """CREATE TABLE IF NOT EXISTS log_entry(
      id INTEGER PRIMARY KEY AUTOINCREMENT, bucket TEXT NOT NULL, log TEXT NOT NULL, timestamp TEXT NOT NULL,
      insert_id TEXT NOT NULL, body TEXT NOT NULL, UNIQUE (bucket, log, timestamp, insert_id))""",
    "CREATE INDEX IF NOT EXISTS log_entry_log ON log_entry(log, timestamp)",
)


@contextmanager
def _transaction(cloud: Cloud) -> Iterator[sqlite3.Connection]:
    with cloud.store.transaction() as db:
        for statement in _SCHEMA:
            db.execute(statement)
        yield db


def container_of(cloud: Cloud, log_name: Any) -> str:
    """The project, folder or organisation of a log's name, which must be well formed."""
    match = _NAME.fullmatch(log_name) if isinstance(log_name, str) else None
    if match is None or not _ID.fullmatch(match["id"]) or len(match["id"]) > 511:
        raise ApiError(
            400,
            f"Log name {log_name!r} is not well formed: expected projects/P/logs/LOG_ID, the id with "
            "at most 511 of the characters A-Z a-z 0-9 . _ - and %2F.",
        )
    return projects.normalise(cloud.store, match["container"])


def normal(cloud: Cloud, given: Any, defaults: Json) -> Json:
    """An entry as it is stored: complete, or refused with the field that is wrong."""
    if not isinstance(given, dict):
        raise ApiError(400, "Invalid value at 'entries': expected an object.")
    entry = {**{k: v for k, v in defaults.items() if k in ("logName", "resource") and v}, **given}
    container = container_of(cloud, entry.get("logName"))
    entry["logName"] = f"{container}/logs/{entry['logName'].partition('/logs/')[2].replace('%2f', '%2F')}"
    if not isinstance(entry.get("resource"), dict) or not entry["resource"].get("type"):
        raise ApiError(400, 'The entry\'s resource must have a type, such as {"type": "global"}.')
    if sum(kind in entry for kind in _PAYLOADS) > 1:
        raise ApiError(400, f"An entry has one payload: {', '.join(_PAYLOADS)}.")
    if len(json.dumps(entry)) > _LARGEST:
        raise ApiError(400, f"The entry is larger than {_LARGEST} bytes.")
    if labels := {**(defaults.get("labels") or {}), **(given.get("labels") or {})}:
        entry["labels"] = labels
    level = filters.severity(entry.get("severity"))
    entry["severity"] = next(name for name, value in reversed(filters.SEVERITIES.items()) if value <= level)
    entry["timestamp"] = _timestamp(cloud, entry.get("timestamp"))
    entry.setdefault("insertId", secrets.token_hex(8))
    entry["receiveTimestamp"] = stamp(cloud.clock.now())
    return entry


def _timestamp(cloud: Cloud, given: Any) -> str:
    now = cloud.clock.now()
    if given is None:
        return stamp(now)
    moment = parse(given)
    if moment > now + timedelta(hours=24):
        raise ApiError(400, f"The timestamp {given} is more than 24 hours in the future.")
    return stamp(moment)


def store(cloud: Cloud, entry: Json) -> None:
    """Route and keep one normal entry; the same insertId at the same moment is kept once."""
    container = entry["logName"].partition("/logs/")[0]
    with _transaction(cloud) as db:
        for bucket in routing.route(cloud, container, entry):
            db.execute(
                "INSERT OR IGNORE INTO log_entry(bucket, log, timestamp, insert_id, body) VALUES (?,?,?,?,?)",
                (bucket, entry["logName"], entry["timestamp"], entry["insertId"], json.dumps(entry)),
            )


def find(
    cloud: Cloud,
    containers: Sequence[str],
    bucket_names: Sequence[str],
    test: filters.Test,
    newest_first: bool,
) -> list[Json]:
    """Entries of projects (in any bucket) and of single buckets, each once, in order of time."""
    clauses = ["log>=? AND log<?"] * len(containers) + ["bucket=?"] * len(bucket_names)
    values: list[str] = [v for c in containers for v in (f"{c}/logs/", f"{c}/logs0")] + list(bucket_names)
    order = "DESC" if newest_first else "ASC"
    with _transaction(cloud) as db:
        rows = db.execute(
            f"SELECT bucket, body FROM log_entry WHERE {' OR '.join(clauses)} "
            f"ORDER BY timestamp {order}, id {order}",
            values,
        ).fetchall()
    kept: dict[tuple[str, str, str], Json] = {}
    limits: dict[str, str | None] = {}
    for bucket, text in rows:
        body = json.loads(text)
        if bucket not in limits:
            limits[bucket] = _oldest(cloud, bucket)
        if body["timestamp"] >= (limits[bucket] or "9") and test(body):
            kept.setdefault((body["logName"], body["timestamp"], body["insertId"]), body)
    return list(kept.values())


def _oldest(cloud: Cloud, bucket_name: str) -> str | None:
    """The retention's edge, None for a bucket that was deleted; raises where the bucket's key is unusable."""
    bucket = buckets.load(cloud, bucket_name)
    if bucket is None:
        return None
    buckets.require_key(cloud, bucket)
    return stamp(cloud.clock.now() - timedelta(days=buckets.retention_days(bucket)))


def log_names(cloud: Cloud, container: str) -> list[str]:
    with _transaction(cloud) as db:
        rows = db.execute(
            "SELECT DISTINCT log FROM log_entry WHERE log>=? AND log<? ORDER BY log",
            (f"{container}/logs/", f"{container}/logs0"),
        ).fetchall()
    return [row[0] for row in rows]


def delete_log(cloud: Cloud, container: str, log_id: str) -> int:
    """Delete a log's entries from `_Default`; other buckets keep theirs, as on Google."""
    bucket = buckets.load(cloud, buckets.preset(container, buckets.DEFAULT))
    name = f"{container}/logs/{quote(log_id, safe='')}"
    if bucket is None or bucket.get("locked") or routing.is_required({"logName": name}):
        raise ApiError(
            400, f"Log {name} is held by a locked bucket and cannot be deleted.", "FAILED_PRECONDITION"
        )
    with _transaction(cloud) as db:
        return db.execute("DELETE FROM log_entry WHERE bucket=? AND log=?", (bucket["name"], name)).rowcount


def collect(cloud: Cloud) -> None:
    """Forget entries past their bucket's retention, and those of deleted buckets."""
    with _transaction(cloud) as db:
        for (name,) in db.execute("SELECT DISTINCT bucket FROM log_entry").fetchall():
            bucket = buckets.load(cloud, name)
            edge = (
                stamp(cloud.clock.now() - timedelta(days=buckets.retention_days(bucket))) if bucket else "9"
            )
            db.execute("DELETE FROM log_entry WHERE bucket=? AND timestamp<?", (name, edge))
