"""Seek and snapshots: turning acknowledged messages back into owed ones, and the other way round."""

from __future__ import annotations

import json
import sqlite3
from datetime import timedelta

from localcloud.api import ApiError, Json, already_exists, not_found
from localcloud.cloud import Cloud
from localcloud.pubsub import delivery
from localcloud.pubsub.messages import accepts, add_delivery
from localcloud.pubsub.signal import MESSAGES
from localcloud.pubsub.tables import transaction
from localcloud.timestamps import parse, stamp

API = "pubsub"


def seek_time(cloud: Cloud, name: str, moment: str) -> None:
    """Everything published before the moment counts as acknowledged, everything since as owed."""
    subscription = delivery.load(cloud, name)
    since, now = parse(moment, "time").timestamp(), cloud.clock.now().timestamp()
    with transaction(cloud) as db:
        db.execute(
            "UPDATE pubsub_delivery SET acked=?, token=NULL WHERE subscription=? AND published<? "
            "AND acked IS NULL",
            (now, name, since),
        )
        db.execute(
            "UPDATE pubsub_delivery SET acked=NULL, token=NULL, lease_until=NULL, due=? "
            "WHERE subscription=? AND published>=?",
            (now, name, since),
        )
        _owe_retained(cloud, db, subscription, since)
    MESSAGES.notify()


def _owe_retained(cloud: Cloud, db: sqlite3.Connection, subscription: Json, since: float) -> None:
    """A topic that retains messages gives them even to a younger subscription."""
    topic = cloud.store.get(API, subscription.get("topic", "")) or {}
    if not topic.get("messageRetentionDuration"):
        return
    rows = db.execute(
        "SELECT id, ordering_key, published, attributes FROM pubsub_message WHERE topic=? AND published>=?",
        (topic["name"], since),
    ).fetchall()
    for message, key, published, attributes in rows:
        if accepts(subscription, json.loads(attributes)):
            add_delivery(db, subscription["name"], message, key, published)


def create_snapshot(cloud: Cloud, name: str, subscription_name: str, labels: Json | None) -> Json:
    """Remember which messages a subscription still owes; kept for seven days at most."""
    subscription = delivery.load(cloud, subscription_name)
    with transaction(cloud) as db:
        if cloud.store.get(API, name) is not None:
            raise already_exists(name)
        now = cloud.clock.now()
        body: Json = {
            "name": name,
            "topic": subscription["topic"],
            "expireTime": stamp(now + timedelta(days=7)),
        }
        if labels:
            body["labels"] = labels
        cloud.store.put(API, name, body)
        cloud.store.set_private("pubsub-snapshot", name, stamp(now).encode())
        db.execute(
            "INSERT INTO pubsub_snapshot SELECT ?, message FROM pubsub_delivery WHERE subscription=? "
            "AND acked IS NULL",
            (name, subscription_name),
        )
    return body


def delete_snapshot(cloud: Cloud, name: str) -> None:
    with transaction(cloud) as db:
        if not cloud.store.delete(API, name):
            raise not_found(name)
        cloud.store.set_private("pubsub-snapshot", name, None)
        db.execute("DELETE FROM pubsub_snapshot WHERE snapshot=?", (name,))


def seek_snapshot(cloud: Cloud, name: str, snapshot_name: str) -> None:
    """Owe again what the snapshot owed and what came after it."""
    subscription = delivery.load(cloud, name)
    snapshot = cloud.store.get(API, snapshot_name)
    taken = cloud.store.private("pubsub-snapshot", snapshot_name)
    if snapshot is None or taken is None:
        raise not_found(snapshot_name)
    if snapshot["topic"] != subscription["topic"]:
        raise ApiError(400, f"Snapshot {snapshot_name} is of another topic.", "FAILED_PRECONDITION")
    since, now = parse(taken.decode()).timestamp(), cloud.clock.now().timestamp()
    with transaction(cloud) as db:
        db.execute(
            "UPDATE pubsub_delivery SET acked=?, token=NULL WHERE subscription=? AND published<=? AND "
            "acked IS NULL",
            (now, name, since),
        )
        db.execute(
            "INSERT OR REPLACE INTO pubsub_delivery(subscription, message, ordering_key, published, due) "
            "SELECT ?, m.id, m.ordering_key, m.published, ? FROM pubsub_message m "
            "JOIN pubsub_snapshot s ON s.message=m.id WHERE s.snapshot=?",
            (name, now, snapshot_name),
        )
        db.execute(
            "UPDATE pubsub_delivery SET acked=NULL, token=NULL, lease_until=NULL, due=? "
            "WHERE subscription=? AND published>?",
            (now, name, since),
        )
    MESSAGES.notify()
