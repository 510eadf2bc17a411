"""Dead letters: messages that failed too often move to another topic."""

from __future__ import annotations

import json
import sqlite3
from typing import Any

from localcloud.api import Json
from localcloud.cloud import Cloud
from localcloud.pubsub import guard, messages
from localcloud.pubsub.tables import transaction
from localcloud.timestamps import stamp_seconds

_PREFIX = "CloudPubSubDeadLetterSource"


def exhausted(subscription: Json, attempts: int) -> bool:
    """Whether the message was delivered as often as the policy allows."""
    policy = subscription.get("deadLetterPolicy") or {}
    return bool(policy.get("deadLetterTopic")) and attempts >= int(policy.get("maxDeliveryAttempts") or 5)


def forward(cloud: Cloud, db: sqlite3.Connection, subscription: Json, row: dict[str, Any]) -> bool:
    """Move a message, if Pub/Sub's agent may; otherwise it goes on being delivered, as on Google."""
    topic = subscription["deadLetterPolicy"]["deadLetterTopic"]
    if cloud.store.get("pubsub", topic) is None or not guard.may_dead_letter(cloud, subscription, topic):
        return False
    project, name = subscription["name"].split("/")[1], subscription["name"].split("/")[3]
    attributes = {
        **json.loads(row["attributes"]),
        f"{_PREFIX}DeliveryCount": str(row["attempts"]),
        f"{_PREFIX}Subscription": name,
        f"{_PREFIX}SubscriptionProject": project,
        f"{_PREFIX}TopicPublishTime": stamp_seconds(row["published"]),
    }
    messages.store(cloud, db, topic, messages.Message(row["data"], attributes, row["ordering_key"]))
    db.execute(
        "DELETE FROM pubsub_delivery WHERE subscription=? AND message=?",
        (subscription["name"], row["message"]),
    )
    return True


def forward_exhausted(cloud: Cloud, subscription: Json) -> None:
    """Move what is exhausted and not out, without waiting for a subscriber to ask."""
    policy = subscription.get("deadLetterPolicy") or {}
    if not policy.get("deadLetterTopic"):
        return
    with transaction(cloud) as db:
        rows = db.execute(
            "SELECT d.message, d.attempts, m.data, m.attributes, m.ordering_key, m.published "
            "FROM pubsub_delivery d JOIN pubsub_message m ON m.id=d.message "
            "WHERE d.subscription=? AND d.acked IS NULL AND d.due<=? AND d.attempts>=?",
            (
                subscription["name"],
                cloud.clock.now().timestamp(),
                int(policy.get("maxDeliveryAttempts") or 5),
            ),
        )
        names = ("message", "attempts", "data", "attributes", "ordering_key", "published")
        for row in rows.fetchall():
            forward(cloud, db, subscription, dict(zip(names, row, strict=True)))
