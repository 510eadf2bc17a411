"""What must hold before a message moves: the topic's key, and what Pub/Sub's own identity may do."""

from __future__ import annotations

from localcloud import cmek
from localcloud.agents import agent
from localcloud.api import Caller, Json
from localcloud.cloud import Cloud
from localcloud.projects import number


def service_agent(cloud: Cloud, name: str) -> str:
    """IAM member of Pub/Sub's service agent in the project of a topic or subscription."""
    email = agent("pubsub", number(cloud, name.split("/")[1]))
    return email if email.startswith("serviceAccount:") else f"serviceAccount:{email}"


def topic_key(cloud: Cloud, topic: Json) -> None:
    """Refuse if the topic has a key that cannot be used now."""
    if topic.get("kmsKeyName"):
        cmek.require_key(cloud, topic["kmsKeyName"], None, service_agent(cloud, topic["name"]))


def subscription_key(cloud: Cloud, subscription: Json) -> None:
    """The same for a subscription, by its topic; a deleted topic has no key left to ask."""
    topic = cloud.store.get("pubsub", subscription.get("topic", ""))
    if topic is not None:
        topic_key(cloud, topic)


def may_dead_letter(cloud: Cloud, subscription: Json, topic: str) -> bool:
    """Pub/Sub forwards only if its agent may publish there and acknowledge here
    (https://cloud.google.com/pubsub/docs/handling-failures#grant_forwarding_permissions)."""
    caller = Caller(service_agent(cloud, subscription["name"]))
    return cloud.iam.allows(caller, "pubsub.topics.publish", "pubsub", topic) and cloud.iam.allows(
        caller, "pubsub.subscriptions.consume", "pubsub", subscription["name"]
    )
