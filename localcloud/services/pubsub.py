"""Pub/Sub: topics, publishing, schemas. Subscriptions are in pubsub_subscriptions.py.

https://cloud.google.com/pubsub/docs/reference/rest. Left out: BigQuery and Cloud Storage export,
ingestion sources, message transforms (stored, not run).
"""

from __future__ import annotations

import re
import uuid

from localcloud import merge
from localcloud.api import ApiError, Call, Caller, Json, already_exists, not_found
from localcloud.cloud import Cloud
from localcloud.pages import page
from localcloud.pubsub import guard, messages, schema, wire
from localcloud.pubsub.tables import transaction
from localcloud.registry import behaviour
from localcloud.timestamps import seconds, stamp

API = "pubsub"
_TOPICS, _SCHEMAS = "pubsub.projects.topics", "pubsub.projects.schemas"
_ID = re.compile(r"[A-Za-z][A-Za-z0-9._~%+-]{2,254}")


def publish(
    cloud: Cloud,
    topic: str,
    data: bytes,
    attributes: dict[str, str],
    caller_member: str,
    ordering_key: str = "",
) -> str:
    """Publish on behalf of an identity that must hold pubsub.topics.publish; the message's id.

    For other services: FHIR store notifications, log sinks, scheduler jobs.
    """
    cloud.iam.require(Caller(caller_member), "pubsub.topics.publish", API, topic)
    return messages.publish(cloud, topic, [messages.Message(data, attributes, ordering_key)])[0]


def check_id(name: str) -> None:
    """Resource ids as Pub/Sub allows them."""
    identifier = name.rsplit("/", 1)[1]
    if not _ID.fullmatch(identifier) or identifier.startswith("goog"):
        raise ApiError(
            400,
            f"Invalid resource name given (name={name}). Ids have 3 to 255 of the characters "
            "A-Z a-z 0-9 . _ ~ % + -, begin with a letter and not with goog.",
        )


def patched(old: Json, given: Json, mask: str, fixed: set[str]) -> Json:
    """The masked fields from `given`; a masked field that was not given is cleared."""
    paths = [path.strip() for path in mask.split(",") if path.strip()]
    if not paths:
        raise ApiError(400, "The update_mask in the request must be set and must not be empty.")
    if refused := [path for path in paths if merge.camel(path).split(".")[0] in fixed]:
        raise ApiError(400, f"update_mask: {', '.join(refused)} cannot be changed.")
    return merge.masked(old, given, mask)


@behaviour(f"{_TOPICS}.create")
def create_topic(cloud: Cloud, call: Call) -> Json:
    check_id(call.name)
    topic = {**(call.body or {}), "name": call.name}
    _check_topic(cloud, topic)
    with cloud.store.transaction():
        if cloud.store.get(API, call.name) is not None:
            raise already_exists(call.name)
        cloud.store.put(API, call.name, topic)
    return topic


def _check_topic(cloud: Cloud, topic: Json) -> None:
    guard.topic_key(cloud, topic)
    if (retention := topic.get("messageRetentionDuration")) and not 600 <= seconds(retention) <= 31 * 86400:
        raise ApiError(400, "message_retention_duration must be between 600s and 2678400s.")
    named = (topic.get("schemaSettings") or {}).get("schema")
    if named and cloud.store.get(API, named) is None:
        raise not_found(named)


@behaviour(f"{_TOPICS}.patch")
def patch_topic(cloud: Cloud, call: Call) -> Json:
    with cloud.store.transaction():
        old = cloud.store.get(API, call.name)
        if old is None:
            raise not_found(call.name)
        body = call.body or {}
        mask = call.query.get("updateMask") or body.get("updateMask") or ""
        topic = patched(old, body.get("topic") or {}, mask, {"name", "kmsKeyName"})
        _check_topic(cloud, topic)
        cloud.store.put(API, call.name, topic)
    return topic


@behaviour(f"{_TOPICS}.delete")
def delete_topic(cloud: Cloud, call: Call) -> Json:
    """The topic goes; its subscriptions stay and keep what they were owed."""
    with transaction(cloud) as db:
        attached = messages.subscriptions_of(db, call.name)
        if not cloud.store.delete(API, call.name):
            raise not_found(call.name)
        for subscription in attached:
            cloud.store.put(API, subscription["name"], {**subscription, "topic": "_deleted-topic_"})
    return {}


@behaviour(f"{_TOPICS}.publish", permission="pubsub.topics.publish")
def publish_call(cloud: Cloud, call: Call) -> Json:
    given = (call.body or {}).get("messages") or []
    return {"messageIds": messages.publish(cloud, call.name, [wire.message(m) for m in given])}


@behaviour(f"{_TOPICS}.subscriptions.list", permission="pubsub.topics.attachSubscription")
def list_topic_subscriptions(cloud: Cloud, call: Call) -> Json:
    with transaction(cloud) as db:
        names = [s["name"] for s in messages.subscriptions_of(db, call.parent)]
    return page(call, "subscriptions", sorted(names))


@behaviour(f"{_TOPICS}.snapshots.list", permission="pubsub.topics.get")
def list_topic_snapshots(cloud: Cloud, call: Call) -> Json:
    project = "/".join(call.name.split("/")[:2])
    found = [s["name"] for s in cloud.store.list(API, project, "snapshots") if s["topic"] == call.parent]
    return page(call, "snapshots", found)


@behaviour(f"{_SCHEMAS}.create")
def create_schema(cloud: Cloud, call: Call) -> Json:
    name = f"{call.name}/{call.query.get('schemaId', '')}"
    check_id(name)
    body = call.body or {}
    schema.check_definition(body)
    with cloud.store.transaction():
        if cloud.store.get(API, name) is not None:
            raise already_exists(name)
        stored = {
            **body,
            "name": name,
            "revisionId": uuid.uuid4().hex[:8],
            "revisionCreateTime": stamp(cloud.clock.now()),
        }
        cloud.store.put(API, name, stored)
    return stored


@behaviour(f"{_SCHEMAS}.commit")
def commit_schema(cloud: Cloud, call: Call) -> Json:
    """A new revision replaces the one before (older revisions are not kept here)."""
    if cloud.store.get(API, call.name) is None:
        raise not_found(call.name)
    given = (call.body or {}).get("schema") or {}
    schema.check_definition(given)
    stored = {
        **given,
        "name": call.name,
        "revisionId": uuid.uuid4().hex[:8],
        "revisionCreateTime": stamp(cloud.clock.now()),
    }
    cloud.store.put(API, call.name, stored)
    return stored


@behaviour(f"{_SCHEMAS}.validate", permission="pubsub.schemas.validate")
def validate_schema(cloud: Cloud, call: Call) -> Json:
    schema.check_definition((call.body or {}).get("schema") or {})
    return {}


@behaviour(f"{_SCHEMAS}.validateMessage", permission="pubsub.schemas.validate")
def validate_message(cloud: Cloud, call: Call) -> Json:
    body = call.body or {}
    definition = body.get("schema") or cloud.store.get(API, str(body.get("name")))
    if definition is None:
        raise not_found(str(body.get("name")))
    schema.check_message(
        definition, wire.message({"data": body.get("message")}).data, body.get("encoding", "JSON")
    )
    return {}
