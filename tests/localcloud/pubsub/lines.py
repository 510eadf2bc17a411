"""A topic and a subscription on a cloud without a server, and what one does with them."""

from __future__ import annotations

import base64
from typing import Any

from localcloud.api import Json
from localcloud.cloud import Cloud
from localcloud.kms.checksum import field_bytes
from tests.localcloud.harness import PROJECT, call

TOPIC, SUBSCRIPTION = f"projects/{PROJECT}/topics/events", f"projects/{PROJECT}/subscriptions/reader"
DEAD, DEAD_READER = f"projects/{PROJECT}/topics/dead", f"projects/{PROJECT}/subscriptions/dead-reader"
AGENT = "serviceAccount:service-123456789012@gcp-sa-pubsub.iam.gserviceaccount.com"


def topic(cloud: Cloud, name: str = TOPIC, **body: Any) -> Json:
    return call(cloud, "pubsub.projects.topics.create", name, body)


def subscription(cloud: Cloud, name: str = SUBSCRIPTION, of: str = TOPIC, **body: Any) -> Json:
    return call(cloud, "pubsub.projects.subscriptions.create", name, {"topic": of, **body})


def publish(cloud: Cloud, *data: str, key: str = "", **attributes: str) -> list[str]:
    sent = [
        {"data": base64.b64encode(d.encode()).decode(), "attributes": attributes, "orderingKey": key}
        for d in data
    ]
    return list(call(cloud, "pubsub.projects.topics.publish", TOPIC, {"messages": sent})["messageIds"])


def pull(cloud: Cloud, name: str = SUBSCRIPTION, limit: int = 100) -> list[Json]:
    sent = {"maxMessages": limit, "returnImmediately": True}
    return list(call(cloud, "pubsub.projects.subscriptions.pull", name, sent).get("receivedMessages", []))


def texts(received: list[Json]) -> list[str]:
    return [field_bytes(r["message"], "data").decode() for r in received]


def acknowledge(cloud: Cloud, received: list[Json], name: str = SUBSCRIPTION) -> Json:
    return call(
        cloud, "pubsub.projects.subscriptions.acknowledge", name, {"ackIds": [r["ackId"] for r in received]}
    )


def give_back(cloud: Cloud, received: list[Json], wait: int = 0, name: str = SUBSCRIPTION) -> Json:
    return call(
        cloud,
        "pubsub.projects.subscriptions.modifyAckDeadline",
        name,
        {"ackIds": [r["ackId"] for r in received], "ackDeadlineSeconds": wait},
    )


def seek(cloud: Cloud, **to: str) -> Json:
    return call(cloud, "pubsub.projects.subscriptions.seek", SUBSCRIPTION, to)
