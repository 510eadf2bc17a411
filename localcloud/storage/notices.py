"""What is told of an object's changes: messages to the topics that the bucket's notifications name.

https://cloud.google.com/storage/docs/pubsub-notifications
"""

from __future__ import annotations

import json
import logging

from localcloud import agents, projects
from localcloud.api import ApiError, Caller, Json
from localcloud.cloud import Cloud
from localcloud.pubsub.messages import Message, publish
from localcloud.storage import buckets

API = buckets.API
EVENTS = ("OBJECT_FINALIZE", "OBJECT_METADATA_UPDATE", "OBJECT_DELETE", "OBJECT_ARCHIVE")
_log = logging.getLogger(__name__)


def topic(cloud: Cloud, config: Json) -> str:
    """The topic's own name."""
    return projects.normalise(cloud.store, config["topic"].removeprefix("//pubsub.googleapis.com/"))


def require_publisher(cloud: Cloud, bucket: Json, topic: str) -> None:
    """The topic must be there, and Cloud Storage's service agent may publish to it."""
    agent = agents.agent(API, bucket["projectNumber"])
    caller = Caller(f"serviceAccount:{agent}")
    if cloud.store.get("pubsub", topic) is None:
        raise ApiError(400, f"Topic {topic} does not exist.", reason="invalid")
    if not cloud.iam.allows(caller, "pubsub.topics.publish", "pubsub", topic):
        raise ApiError(
            403,
            f"The service account {agent} does not have permission to publish to {topic}.",
            reason="forbidden",
        )


def tell(cloud: Cloud, event: str, body: Json) -> None:
    """Publish one change of an object to whoever asked for it; a topic that refuses stops nobody."""
    for config in cloud.store.list(API, f"b/{body['bucket']}", "notificationConfigs"):
        wanted = config.get("event_types") or EVENTS
        if event in wanted and body["name"].startswith(config.get("object_name_prefix", "")):
            try:
                _publish(cloud, config, event, body)
            except ApiError as error:
                _log.warning("notification %s of %s: %s", config["id"], body["bucket"], error.message)


def _publish(cloud: Cloud, config: Json, event: str, body: Json) -> None:
    wanted = topic(cloud, config)
    require_publisher(cloud, buckets.load(cloud, body["bucket"]), wanted)
    attributes = {
        "bucketId": body["bucket"],
        "objectId": body["name"],
        "objectGeneration": body["generation"],
        "eventType": event,
        "eventTime": body["updated"],
        "payloadFormat": config["payload_format"],
        "notificationConfig": f"projects/_/buckets/{body['bucket']}/notificationConfigs/{config['id']}",
        **(config.get("custom_attributes") or {}),
    }
    data = json.dumps(body).encode() if config["payload_format"] == "JSON_API_V1" else b""
    publish(cloud, wanted, [Message(data, attributes)])
