"""What time removes: messages past retention, expired snapshots and idle subscriptions."""

from __future__ import annotations

import sqlite3

from localcloud.api import Json
from localcloud.cloud import Cloud
from localcloud.pubsub import seek
from localcloud.pubsub.tables import transaction
from localcloud.timestamps import parse, seconds

API = "pubsub"
_WEEK = "604800s"
_UNWANTED = (
    "NOT EXISTS (SELECT 1 FROM pubsub_delivery d WHERE d.message=pubsub_message.id) "
    "AND NOT EXISTS (SELECT 1 FROM pubsub_snapshot s WHERE s.message=pubsub_message.id)"
)


def resources(cloud: Cloud, collection: str) -> list[Json]:
    """Every topic, subscription or snapshot of every project."""
    names = [n for n in cloud.store.names(API) if n.split("/")[2:3] == [collection]]
    return [body for name in names if (body := cloud.store.get(API, name)) is not None]


def collect(cloud: Cloud) -> None:
    """Remove what is over; safe to run at any time."""
    now = cloud.clock.now().timestamp()
    for snapshot in resources(cloud, "snapshots"):
        if parse(snapshot["expireTime"]).timestamp() <= now:
            seek.delete_snapshot(cloud, snapshot["name"])
    for subscription in resources(cloud, "subscriptions"):
        _expire(cloud, subscription, now)
    with transaction(cloud) as db:
        for topic in resources(cloud, "topics"):
            _drop_messages(db, topic, now)
        db.execute(
            "DELETE FROM pubsub_message "
            "WHERE topic NOT IN (SELECT name FROM resource WHERE api='pubsub') AND " + _UNWANTED
        )


def _drop_messages(db: sqlite3.Connection, topic: Json, now: float) -> None:
    """Messages that no subscription, snapshot or retention of the topic wants."""
    kept = seconds(topic.get("messageRetentionDuration") or "0s")
    db.execute(
        f"DELETE FROM pubsub_message WHERE topic=? AND published<=? AND {_UNWANTED}",
        (topic["name"], now - kept),
    )


def _expire(cloud: Cloud, subscription: Json, now: float) -> None:
    retained = seconds(subscription.get("messageRetentionDuration") or _WEEK)
    with transaction(cloud) as db:
        db.execute(
            "DELETE FROM pubsub_delivery WHERE subscription=? AND published<=?",
            (subscription["name"], now - retained),
        )
    lifetime = (subscription.get("expirationPolicy") or {}).get("ttl")
    used = cloud.store.private("pubsub-used", subscription["name"])
    if lifetime and used and float(used) + seconds(lifetime) <= now:
        remove_subscription(cloud, subscription["name"])


def touch(cloud: Cloud, name: str) -> None:
    """Note that a subscription was used, at most once a minute."""
    now = cloud.clock.now().timestamp()
    used = cloud.store.private("pubsub-used", name)
    if used is None or now - float(used) > 60:
        cloud.store.set_private("pubsub-used", name, str(now).encode())


def remove_subscription(cloud: Cloud, name: str) -> bool:
    """The subscription and everything it was owed."""
    with transaction(cloud) as db:
        found = cloud.store.delete(API, name)
        cloud.store.set_private("pubsub-used", name, None)
        db.execute("DELETE FROM pubsub_delivery WHERE subscription=?", (name,))
    return found
