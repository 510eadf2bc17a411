"""Push delivery: each message is one POST, with an OIDC token of the subscription's service account.

Only loopback endpoints are called: localcloud reaches nothing outside the machine. For any other
endpoint the delivery fails and is tried again, as it would while the endpoint is down.
"""

from __future__ import annotations

import ipaddress
from urllib.parse import urlsplit

import httpx

from localcloud.api import ApiError, Json
from localcloud.cloud import Cloud
from localcloud.pubsub import delivery
from localcloud.pubsub.oidc import id_token
from localcloud.pubsub.wire import pubsub_message

_ACCEPTED = (102, 200, 201, 202, 204)
_AT_ONCE = 100


def deliver(cloud: Cloud, subscription: Json) -> int:
    """Push what is due; how many messages were accepted."""
    endpoint = (subscription.get("pushConfig") or {}).get("pushEndpoint")
    if not endpoint:
        return 0
    try:
        received = delivery.take(cloud, subscription["name"], _AT_ONCE)
    except ApiError:
        return 0
    accepted = [r for r in received if _post(cloud, subscription, endpoint, r)]
    refused = [r.ack_id for r in received if r not in accepted]
    delivery.acknowledge(cloud, subscription["name"], [r.ack_id for r in accepted])
    for ack_id in refused:
        _give_back(cloud, subscription, ack_id, received)
    return len(accepted)


def _give_back(cloud: Cloud, subscription: Json, ack_id: str, received: list[delivery.Received]) -> None:
    """Without a retry policy a refused push still rests: 0.1 s, doubled up to a minute."""
    attempt = next(r.attempt for r in received if r.ack_id == ack_id)
    rest = 0.0 if subscription.get("retryPolicy") else min(60.0, 0.1 * 2 ** min(attempt, 20))
    delivery.modify_deadline(cloud, subscription["name"], [ack_id], rest)


def is_loopback(url: str) -> bool:
    host = urlsplit(url).hostname or ""
    try:
        return host == "localhost" or ipaddress.ip_address(host).is_loopback
    except ValueError:
        return False


def _post(cloud: Cloud, subscription: Json, endpoint: str, received: delivery.Received) -> bool:
    if not is_loopback(endpoint):
        return False
    config = subscription["pushConfig"]
    headers = {}
    if (token := config.get("oidcToken") or {}).get("serviceAccountEmail"):
        signed = id_token(cloud, token["serviceAccountEmail"], token.get("audience") or endpoint)
        headers["authorization"] = f"Bearer {signed}"
    deadline = float(subscription.get("ackDeadlineSeconds") or 10)
    try:
        answer = httpx.post(
            endpoint, headers=headers, timeout=deadline, trust_env=False, **_content(subscription, received)
        )
    except httpx.HTTPError:
        return False
    return answer.status_code in _ACCEPTED


def _content(subscription: Json, received: delivery.Received) -> Json:
    """The wrapped message as JSON, or the bare data where the subscription asks for no wrapper."""
    if "noWrapper" in subscription["pushConfig"]:
        return {"content": received.data}
    body: Json = {"message": pubsub_message(received), "subscription": subscription["name"]}
    body["message"]["message_id"] = body["message"]["messageId"]
    body["message"]["publish_time"] = body["message"]["publishTime"]
    if subscription.get("deadLetterPolicy"):
        body["deliveryAttempt"] = received.attempt
    return {"json": body}
