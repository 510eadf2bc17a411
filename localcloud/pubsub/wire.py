"""Messages as JSON carries them."""

from __future__ import annotations

import base64
import binascii
from typing import Any

from localcloud.api import ApiError, Json
from localcloud.pubsub.delivery import Received
from localcloud.pubsub.messages import Message
from localcloud.timestamps import stamp_seconds


def message(given: Any) -> Message:
    """A PubsubMessage from a publish request."""
    if not isinstance(given, dict):
        raise ApiError(400, "Invalid value at 'messages': expected an object.")
    attributes = given.get("attributes") or {}
    if not isinstance(attributes, dict):
        raise ApiError(400, "Invalid value at 'messages.attributes': expected an object.")
    return Message(_data(given.get("data") or ""), attributes, str(given.get("orderingKey") or ""))


def _data(text: Any) -> bytes:
    try:
        return base64.b64decode(text.replace("-", "+").replace("_", "/"), validate=True)
    except (AttributeError, binascii.Error, ValueError) as error:
        raise ApiError(
            400, "Invalid value at 'messages.data' (TYPE_BYTES): Base64 decoding failed."
        ) from error


def pubsub_message(received: Received) -> Json:
    body: Json = {"messageId": str(received.message_id), "publishTime": stamp_seconds(received.published)}
    if received.data:
        body["data"] = base64.b64encode(received.data).decode()
    if received.attributes:
        body["attributes"] = received.attributes
    if received.ordering_key:
        body["orderingKey"] = received.ordering_key
    return body


def received_message(received: Received, subscription: Json) -> Json:
    """One delivery; the attempt is told only where dead letters make it matter."""
    body: Json = {"ackId": received.ack_id, "message": pubsub_message(received)}
    if (subscription.get("deadLetterPolicy") or {}).get("deadLetterTopic"):
        body["deliveryAttempt"] = received.attempt
    return body
