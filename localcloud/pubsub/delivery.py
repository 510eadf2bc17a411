"""Delivery: leases, acknowledgements, ordering and retries of one subscription."""

from __future__ import annotations

import base64
import binascii
import hashlib
import json
import secrets
import sqlite3
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from localcloud.api import ApiError, Json, not_found
from localcloud.cloud import Cloud
from localcloud.pubsub import dead_letter, guard
from localcloud.pubsub.signal import MESSAGES
from localcloud.pubsub.tables import transaction
from localcloud.timestamps import seconds

API = "pubsub"
_DEFAULT_RETENTION = "604800s"


@dataclass(frozen=True)
class Received:
    """A message as one delivery of it reaches a subscriber."""

    ack_id: str
    message_id: int
    data: bytes
    attributes: dict[str, str]
    ordering_key: str
    published: float
    attempt: int


def load(cloud: Cloud, name: str) -> Json:
    """A subscription that can deliver."""
    subscription = cloud.store.get(API, name)
    if subscription is None:
        raise not_found(name)
    if subscription.get("detached"):
        raise ApiError(400, f"Subscription {name} is detached.", "FAILED_PRECONDITION")
    return subscription


def take(
    cloud: Cloud, name: str, limit: int, holder: str = "", deadline: float | None = None
) -> list[Received]:
    """Lease up to `limit` messages that are due, oldest first."""
    subscription = load(cloud, name)
    guard.subscription_key(cloud, subscription)
    now = cloud.clock.now().timestamp()
    taken: list[Received] = []
    with transaction(cloud) as db:
        for row in _due(db, subscription, now, limit):
            if dead_letter.exhausted(subscription, row["attempts"]) and dead_letter.forward(
                cloud, db, subscription, row
            ):
                continue
            _take_back_later(db, subscription, row, now)
            taken.append(_lease(db, subscription, row, now, holder, deadline))
    return taken


def _due(db: sqlite3.Connection, subscription: Json, now: float, limit: int) -> list[dict[str, Any]]:
    """Messages due now; of an ordering key none whose predecessor is out."""
    ordered = """ AND (d.ordering_key='' OR NOT EXISTS (
      SELECT 1 FROM pubsub_delivery e WHERE e.subscription=d.subscription AND e.ordering_key=d.ordering_key
      AND e.message<d.message AND e.acked IS NULL AND e.due>:now AND e.published>:oldest))"""
    retained = seconds(subscription.get("messageRetentionDuration") or _DEFAULT_RETENTION)
    cursor = db.execute(
        "SELECT d.message, d.attempts, m.data, m.attributes, m.ordering_key, m.published, m.topic "
        "FROM pubsub_delivery d JOIN pubsub_message m ON m.id=d.message "
        "WHERE d.subscription=:name AND d.acked IS NULL AND d.due<=:now AND d.published>:oldest"
        + (ordered if subscription.get("enableMessageOrdering") else "")
        + " ORDER BY d.message LIMIT :limit",
        {"name": subscription["name"], "now": now, "oldest": now - retained, "limit": limit},
    )
    names = ("message", "attempts", "data", "attributes", "ordering_key", "published", "topic")
    return [dict(zip(names, row, strict=True)) for row in cursor.fetchall()]


def _take_back_later(db: sqlite3.Connection, subscription: Json, row: dict[str, Any], now: float) -> None:
    """A message that comes again is followed again by the later ones of its key."""
    if subscription.get("enableMessageOrdering") and row["ordering_key"] and row["attempts"]:
        db.execute(
            "UPDATE pubsub_delivery SET due=?, lease_until=NULL, token=NULL WHERE subscription=? "
            "AND ordering_key=? AND message>? AND acked IS NULL AND due>?",
            (now, subscription["name"], row["ordering_key"], row["message"], now),
        )


def _lease(
    db: sqlite3.Connection,
    subscription: Json,
    row: dict[str, Any],
    now: float,
    holder: str,
    deadline: float | None,
) -> Received:
    attempt = row["attempts"] + 1
    token = secrets.token_urlsafe(9)
    until = now + (deadline or subscription.get("ackDeadlineSeconds") or 10)
    db.execute(
        "UPDATE pubsub_delivery SET attempts=?, token=?, holder=?, lease_until=?, due=? "
        "WHERE subscription=? AND message=?",
        (
            attempt,
            token,
            holder,
            until,
            until + _backoff(subscription, attempt),
            subscription["name"],
            row["message"],
        ),
    )
    return Received(
        _ack_id(subscription["name"], row["message"], token),
        row["message"],
        row["data"],
        json.loads(row["attributes"]),
        row["ordering_key"],
        row["published"],
        attempt,
    )


def _backoff(subscription: Json, attempt: int) -> float:
    """How long a message rests after a failed attempt."""
    policy = subscription.get("retryPolicy")
    if policy is None:
        return 0.0
    low = seconds(policy.get("minimumBackoff") or "10s")
    high = seconds(policy.get("maximumBackoff") or "600s")
    return float(min(high, low * 2 ** min(attempt - 1, 30)))


def _ack_id(subscription: str, message: int, token: str) -> str:
    mark = hashlib.sha256(subscription.encode()).hexdigest()[:12]
    return base64.urlsafe_b64encode(f"{mark}.{message}.{token}".encode()).decode()


def no_ack_id(subscription: str) -> str:
    """A well-formed ack id of no delivery: a stream uses it to ask again whether it may still read."""
    return _ack_id(subscription, 0, "none")


def _parsed(subscription: str, ack_id: str) -> tuple[int, str] | None:
    """Message and token of an ack id of this subscription; None for any other text."""
    try:
        mark, message, token = base64.urlsafe_b64decode(ack_id).decode().split(".")
        known = mark == hashlib.sha256(subscription.encode()).hexdigest()[:12]
        return (int(message), token) if known else None
    except (binascii.Error, ValueError):
        return None


@dataclass(frozen=True)
class Confirmation:
    """What became of each ack id: done, malformed, or (exactly once) no longer valid."""

    done: tuple[str, ...]
    malformed: tuple[str, ...]
    expired: tuple[str, ...]


def acknowledge(cloud: Cloud, name: str, ack_ids: Sequence[str]) -> Confirmation:
    """Settle deliveries; they stay known only as long as a seek may want them."""
    subscription = load(cloud, name)
    keep = _keeps_acked(cloud, subscription)
    now = cloud.clock.now().timestamp()

    def settle(db: sqlite3.Connection, message: int, attempts: int) -> None:
        if keep:
            db.execute(
                "UPDATE pubsub_delivery SET acked=?, token=NULL WHERE subscription=? AND message=?",
                (now, name, message),
            )
        else:
            db.execute("DELETE FROM pubsub_delivery WHERE subscription=? AND message=?", (name, message))

    return _each(cloud, subscription, ack_ids, settle)


def modify_deadline(cloud: Cloud, name: str, ack_ids: Sequence[str], wait: float) -> Confirmation:
    """Lengthen leases, or give messages back with 0."""
    if not 0 <= wait <= 600:
        raise ApiError(400, f"ack_deadline_seconds: {wait:g} is not allowed; allowed: 0 to 600.")
    subscription = load(cloud, name)
    now = cloud.clock.now().timestamp()

    def extend(db: sqlite3.Connection, message: int, attempts: int) -> None:
        rest = _backoff(subscription, attempts)
        db.execute(
            "UPDATE pubsub_delivery SET lease_until=?, due=? WHERE subscription=? AND message=?",
            (now + wait if wait else None, now + wait + rest, name, message),
        )
        if not wait:
            db.execute(
                "UPDATE pubsub_delivery SET token=NULL WHERE subscription=? AND message=?", (name, message)
            )

    return _each(cloud, subscription, ack_ids, extend)


def _each(cloud: Cloud, subscription: Json, ack_ids: Sequence[str], act: Any) -> Confirmation:
    exactly_once = bool(subscription.get("enableExactlyOnceDelivery"))
    now = cloud.clock.now().timestamp()
    done, malformed, expired = [], [], []
    with transaction(cloud) as db:
        for ack_id in ack_ids:
            parsed = _parsed(subscription["name"], ack_id)
            if parsed is None:
                malformed.append(ack_id)
                continue
            row = db.execute(
                "SELECT token, lease_until, attempts FROM pubsub_delivery WHERE subscription=? "
                "AND message=? AND acked IS NULL",
                (subscription["name"], parsed[0]),
            ).fetchone()
            current = row is not None and row[0] == parsed[1] and (row[1] or 0) >= now
            if exactly_once and not current and parsed[0]:
                expired.append(ack_id)
                continue
            if row is not None:
                act(db, parsed[0], row[2])
            done.append(ack_id)
    MESSAGES.notify()
    return Confirmation(tuple(done), tuple(malformed), tuple(expired))


def outstanding(cloud: Cloud, name: str, holder: str) -> int:
    """How many messages one stream still holds."""
    with transaction(cloud) as db:
        return int(
            db.execute(
                "SELECT count(*) FROM pubsub_delivery WHERE subscription=? AND holder=? AND acked IS NULL "
                "AND lease_until>?",
                (name, holder, cloud.clock.now().timestamp()),
            ).fetchone()[0]
        )


def _keeps_acked(cloud: Cloud, subscription: Json) -> bool:
    topic = cloud.store.get(API, subscription.get("topic", "")) or {}
    return bool(subscription.get("retainAckedMessages") or topic.get("messageRetentionDuration"))
