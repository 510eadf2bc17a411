"""Publishing: checks, storage and the fan-out to subscriptions, in one transaction."""

from __future__ import annotations

import json
import sqlite3
from dataclasses import dataclass

from localcloud.api import ApiError, Json, not_found
from localcloud.cloud import Cloud
from localcloud.pubsub import guard, schema
from localcloud.pubsub.filters import compiled
from localcloud.pubsub.signal import MESSAGES
from localcloud.pubsub.tables import transaction

API = "pubsub"
_BATCH, _BYTES = 1000, 10_000_000


@dataclass(frozen=True)
class Message:
    """What a publisher gives."""

    data: bytes
    attributes: dict[str, str]
    ordering_key: str = ""

    def check(self) -> None:
        """Within Pub/Sub's limits (https://cloud.google.com/pubsub/quotas#resource_limits)."""
        if not self.data and not self.attributes:
            raise ApiError(
                400,
                "One or more messages in the publish request is empty. Each message must contain "
                "either non-empty data, or at least one attribute.",
            )
        if len(self.attributes) > 100:
            raise ApiError(400, f"A message has {len(self.attributes)} attributes; allowed: 100.")
        for key, value in self.attributes.items():
            if not key or len(key.encode()) > 256 or key.startswith("goog"):
                raise ApiError(
                    400, f"Attribute key {key!r} is not allowed; allowed: 1 to 256 bytes, not goog…."
                )
            if not isinstance(value, str) or len(value.encode()) > 1024:
                raise ApiError(400, f"The value of attribute {key!r} must be text of at most 1024 bytes.")
        if len(self.ordering_key.encode()) > 1024:
            raise ApiError(400, "ordering_key may have at most 1024 bytes.")


def publish(cloud: Cloud, topic_name: str, messages: list[Message]) -> list[str]:
    """Store the messages for every subscription; their ids, in order."""
    topic = cloud.store.get(API, topic_name)
    if topic is None:
        raise not_found(topic_name)
    if not 1 <= len(messages) <= _BATCH or sum(len(m.data) for m in messages) > _BYTES:
        raise ApiError(400, f"A publish takes 1 to {_BATCH} messages of at most {_BYTES} bytes together.")
    guard.topic_key(cloud, topic)
    stamped = [_checked(cloud, topic, message) for message in messages]
    with transaction(cloud) as db:
        ids = [store(cloud, db, topic_name, message) for message in stamped]
    MESSAGES.notify()
    return ids


def subscriptions_of(db: sqlite3.Connection, topic_name: str) -> list[Json]:
    """The attached subscriptions of a topic, in whatever project they are."""
    rows = db.execute(
        "SELECT body FROM resource WHERE api=? AND collection='subscriptions' "
        "AND json_extract(body, '$.topic')=?",
        (API, topic_name),
    ).fetchall()
    found = [json.loads(row[0]) for row in rows]
    return [subscription for subscription in found if not subscription.get("detached")]


def _checked(cloud: Cloud, topic: Json, message: Message) -> Message:
    """The message, valid, with the attributes that a topic with a schema adds."""
    message.check()
    settings = topic.get("schemaSettings")
    if not settings:
        return message
    definition = cloud.store.get(API, settings["schema"])
    if definition is None:
        raise ApiError(400, f"The topic's schema {settings['schema']} was deleted.", "FAILED_PRECONDITION")
    schema.check_message(definition, message.data, settings.get("encoding", "JSON"))
    added = {
        "googclient_schemaencoding": settings.get("encoding", "JSON"),
        "googclient_schemaname": settings["schema"],
        "googclient_schemarevisionid": definition.get("revisionId", ""),
    }
    return Message(message.data, message.attributes | added, message.ordering_key)


def store(cloud: Cloud, db: sqlite3.Connection, topic: str, message: Message) -> str:
    """Write one message and owe it to each subscription whose filter accepts it."""
    now = cloud.clock.now().timestamp()
    cursor = db.execute(
        "INSERT INTO pubsub_message(topic, published, data, attributes, ordering_key) VALUES (?,?,?,?,?)",
        (topic, now, message.data, json.dumps(message.attributes), message.ordering_key),
    )
    for subscription in subscriptions_of(db, topic):
        if accepts(subscription, message.attributes):
            add_delivery(db, subscription["name"], cursor.lastrowid or 0, message.ordering_key, now)
    return str(cursor.lastrowid)


def accepts(subscription: Json, attributes: dict[str, str]) -> bool:
    text = subscription.get("filter")
    return not text or compiled(text)(attributes)


def add_delivery(db: sqlite3.Connection, subscription: str, message: int, key: str, published: float) -> None:
    """Owe a message to a subscription; nothing happens if it is owed or known already."""
    db.execute(
        "INSERT OR IGNORE INTO pubsub_delivery(subscription, message, ordering_key, published, due) "
        "VALUES (?,?,?,?,?)",
        (subscription, message, key, published, published),
    )
