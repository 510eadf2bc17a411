"""Pub/Sub: subscriptions, pulling, acknowledging, seeking, snapshots; and the servers behind them."""

from __future__ import annotations

import time
from typing import Any

from localcloud.api import ApiError, Call, Json, already_exists, not_found
from localcloud.cloud import Cloud
from localcloud.pubsub import delivery, filters, retention, seek, wire
from localcloud.pubsub.grpc_server import Server
from localcloud.pubsub.pump import Pump
from localcloud.pubsub.signal import MESSAGES
from localcloud.registry import behaviour, on_start, on_stop
from localcloud.services.pubsub import API, check_id, patched
from localcloud.timestamps import seconds

_SUBSCRIPTIONS, _SNAPSHOTS = "pubsub.projects.subscriptions", "pubsub.projects.snapshots"
_FIXED = {"name", "topic", "filter", "enableMessageOrdering"}
_CONSUME = "pubsub.subscriptions.consume"
_PULL_SECONDS = 5.0
"""How long a unary pull waits for a first message; Google bounds it likewise."""
_RUNNING: dict[int, tuple[Pump, Server]] = {}


@behaviour(f"{_SUBSCRIPTIONS}.create")
def create(cloud: Cloud, call: Call) -> Json:
    check_id(call.name)
    body = call.body or {}
    topic = str(body.get("topic"))
    if cloud.store.get(API, topic) is None:
        raise not_found(topic)
    cloud.iam.require(call.caller, "pubsub.topics.attachSubscription", API, topic)
    subscription = {**body, "name": call.name, "state": "ACTIVE"}
    subscription["ackDeadlineSeconds"] = body.get("ackDeadlineSeconds") or 10
    subscription["messageRetentionDuration"] = body.get("messageRetentionDuration") or "604800s"
    if body.get("expirationPolicy") is None:
        subscription["expirationPolicy"] = {"ttl": "2678400s"}
    _check(subscription)
    with cloud.store.transaction():
        if cloud.store.get(API, call.name) is not None:
            raise already_exists(call.name)
        cloud.store.put(API, call.name, subscription)
        retention.touch(cloud, call.name)
    return subscription


def _check(subscription: Json) -> None:
    """Google's limits, each refusal with what is allowed."""
    if not 10 <= subscription["ackDeadlineSeconds"] <= 600:
        raise ApiError(400, "ack_deadline_seconds must be between 10 and 600.")
    if not 600 <= seconds(subscription["messageRetentionDuration"]) <= 31 * 86400:
        raise ApiError(400, "message_retention_duration must be between 600s and 2678400s.")
    if subscription.get("filter"):
        filters.compiled(subscription["filter"])
    policy = subscription.get("deadLetterPolicy") or {}
    if policy and not 5 <= int(policy.get("maxDeliveryAttempts") or 5) <= 100:
        raise ApiError(400, "dead_letter_policy.max_delivery_attempts must be between 5 and 100.")
    retry = subscription.get("retryPolicy") or {}
    if any(seconds(retry[field]) > 600 for field in ("minimumBackoff", "maximumBackoff") if retry.get(field)):
        raise ApiError(400, "retry_policy backoffs must be between 0s and 600s.")
    endpoint = (subscription.get("pushConfig") or {}).get("pushEndpoint", "")
    if endpoint and not endpoint.startswith(("https://", "http://")):
        raise ApiError(400, f"Invalid push endpoint given (endpoint={endpoint}).")
    if endpoint and subscription.get("enableExactlyOnceDelivery"):
        raise ApiError(400, "Exactly-once delivery is not offered for push subscriptions.")


@behaviour(f"{_SUBSCRIPTIONS}.patch")
def patch(cloud: Cloud, call: Call) -> Json:
    with cloud.store.transaction():
        old = _existing(cloud, call.name)
        body = call.body or {}
        mask = call.query.get("updateMask") or body.get("updateMask") or ""
        new = patched(old, body.get("subscription") or {}, mask, _FIXED)
        new = {"ackDeadlineSeconds": 10, "messageRetentionDuration": "604800s", **new}
        _check(new)
        cloud.store.put(API, call.name, new)
    MESSAGES.notify()
    return new


@behaviour(f"{_SUBSCRIPTIONS}.modifyPushConfig", permission="pubsub.subscriptions.update")
def modify_push(cloud: Cloud, call: Call) -> Json:
    config = (call.body or {}).get("pushConfig") or {}
    new = {**_existing(cloud, call.name), "pushConfig": config}
    _check(new)
    cloud.store.put(API, call.name, new)
    MESSAGES.notify()
    return {}


@behaviour(f"{_SUBSCRIPTIONS}.detach", permission="pubsub.topics.detachSubscription")
def detach(cloud: Cloud, call: Call) -> Json:
    """Cut off from the topic; what was owed is dropped."""
    subscription = _existing(cloud, call.name)
    retention.remove_subscription(cloud, call.name)
    cloud.store.put(API, call.name, {**subscription, "detached": True})
    return {}


@behaviour(f"{_SUBSCRIPTIONS}.delete")
def delete(cloud: Cloud, call: Call) -> Json:
    if not retention.remove_subscription(cloud, call.name):
        raise not_found(call.name)
    return {}


@behaviour(f"{_SUBSCRIPTIONS}.pull", permission=_CONSUME)
def pull(cloud: Cloud, call: Call) -> Json:
    body = call.body or {}
    limit = body.get("maxMessages")
    if not isinstance(limit, int) or limit < 1:
        raise ApiError(400, f"max_messages: {limit!r} is not allowed; allowed: a number from 1.")
    subscription = delivery.load(cloud, call.name)
    retention.touch(cloud, call.name)
    received = _wait(
        cloud, call.name, min(limit, 1000), 0 if body.get("returnImmediately") else _PULL_SECONDS
    )
    found = [wire.received_message(r, subscription) for r in received]
    return {"receivedMessages": found} if found else {}


def _wait(cloud: Cloud, name: str, limit: int, patience: float) -> list[delivery.Received]:
    end = time.monotonic() + patience
    while True:
        seen = MESSAGES.count
        received = delivery.take(cloud, name, limit)
        left = end - time.monotonic()
        if received or left <= 0:
            return received
        MESSAGES.wait(seen, min(left, 0.5))


@behaviour(f"{_SUBSCRIPTIONS}.acknowledge", permission=_CONSUME)
def acknowledge(cloud: Cloud, call: Call) -> Json:
    return _confirmed(delivery.acknowledge(cloud, call.name, _ack_ids(call)))


@behaviour(f"{_SUBSCRIPTIONS}.modifyAckDeadline", permission=_CONSUME)
def modify_deadline(cloud: Cloud, call: Call) -> Json:
    wait: Any = (call.body or {}).get("ackDeadlineSeconds", 0)
    if not isinstance(wait, int):
        raise ApiError(400, f"ack_deadline_seconds: {wait!r} is not allowed; allowed: 0 to 600.")
    return _confirmed(delivery.modify_deadline(cloud, call.name, _ack_ids(call), wait))


def _ack_ids(call: Call) -> list[str]:
    given = (call.body or {}).get("ackIds")
    if not isinstance(given, list) or not given:
        raise ApiError(400, "No acknowledgement ids specified in the request.")
    return [str(ack_id) for ack_id in given]


def _confirmed(result: delivery.Confirmation) -> Json:
    """Nothing, or Google's error; with exactly-once each failed id is named in the details."""
    if not result.malformed and not result.expired:
        return {}
    failed = {ack_id: "PERMANENT_FAILURE_INVALID_ACK_ID" for ack_id in (*result.malformed, *result.expired)}
    detail = {
        "@type": "type.googleapis.com/google.rpc.ErrorInfo",
        "reason": "ACK_ID_FAILURE",
        "domain": "pubsub.googleapis.com",
        "metadata": failed,
    }
    raise ApiError(
        400,
        "Some acknowledgement ids in the request were invalid. This could be because the "
        "acknowledgement ids have expired or the acknowledgement ids were malformed.",
        "FAILED_PRECONDITION" if result.expired else None,
        details=[detail],
    )


@behaviour(f"{_SUBSCRIPTIONS}.seek", permission=_CONSUME)
def seek_to(cloud: Cloud, call: Call) -> Json:
    body = call.body or {}
    if bool(body.get("time")) == bool(body.get("snapshot")):
        raise ApiError(400, "Exactly one of 'time' and 'snapshot' must be given.")
    if body.get("time"):
        seek.seek_time(cloud, call.name, body["time"])
    else:
        cloud.iam.require(call.caller, "pubsub.snapshots.seek", API, body["snapshot"])
        seek.seek_snapshot(cloud, call.name, body["snapshot"])
    return {}


@behaviour(f"{_SNAPSHOTS}.create")
def create_snapshot(cloud: Cloud, call: Call) -> Json:
    check_id(call.name)
    subscription = str((call.body or {}).get("subscription"))
    cloud.iam.require(call.caller, _CONSUME, API, subscription)
    return seek.create_snapshot(cloud, call.name, subscription, (call.body or {}).get("labels"))


@behaviour(f"{_SNAPSHOTS}.delete")
def delete_snapshot(cloud: Cloud, call: Call) -> Json:
    seek.delete_snapshot(cloud, call.name)
    return {}


def _existing(cloud: Cloud, name: str) -> Json:
    subscription = cloud.store.get(API, name)
    if subscription is None:
        raise not_found(name)
    return subscription


@on_start
def start(cloud: Cloud) -> None:
    """Push, dead letters and retention run beside the callers; gRPC on its own port."""
    _RUNNING[id(cloud)] = (Pump(cloud), Server(cloud))


@on_stop
def stop(cloud: Cloud) -> None:
    for part in _RUNNING.pop(id(cloud), ()):
        part.stop()
