"""HL7v2 messages of a store: kept with their bytes, found again, announced to Pub/Sub.

https://cloud.google.com/healthcare-api/docs/reference/rest/v1/projects.locations.datasets.hl7V2Stores.messages
"""

from __future__ import annotations

import base64
import binascii
import hashlib
import logging
import re
import secrets
from typing import Any

from localcloud.api import ApiError, Call, Json
from localcloud.cloud import Cloud
from localcloud.healthcare import hl7v2, keys
from localcloud.healthcare.names import API, load, service_agent, store_of
from localcloud.pages import page
from localcloud.pubsub.messages import Message, publish
from localcloud.timestamps import stamp

_log = logging.getLogger(__name__)
_SEEN = "healthcare-hl7v2"
_TERM = re.compile(r'\s*(NOT\s+)?(\w+)\s*(=|!=)\s*"([^"]*)"\s*')
_FIELDS = {"messageType": "messageType", "sendFacility": "sendFacility", "messageControlId": "controlId"}


def create(cloud: Cloud, call: Call) -> Json:
    return add(cloud, store_of(call.name), _given(call))


def ingest(cloud: Cloud, call: Call) -> Json:
    """Keep a message and answer the acknowledgement that its sender waits for."""
    given = _given(call)
    stored = add(cloud, store_of(call.name), given)
    message = hl7v2.read(_bytes(given))
    ack = hl7v2.acknowledge(message, cloud.clock.now(), secrets.token_hex(8))
    return {"message": stored, "hl7Ack": base64.b64encode(ack).decode()}


def _given(call: Call) -> Json:
    given = call.body.get("message") if isinstance(call.body, dict) else None
    if not isinstance(given, dict):
        raise ApiError(400, "Invalid value at 'message': a message with data is required.")
    return given


def _bytes(given: Json) -> bytes:
    try:
        data = base64.b64decode(given["data"], validate=True)
    except (KeyError, TypeError, binascii.Error) as error:
        raise ApiError(400, "Invalid value at 'message.data': base64 of the message is required.") from error
    return data


def add(cloud: Cloud, store: str, given: Json) -> Json:
    """Store a message; a second one with the same bytes is refused where the store says so."""
    settings = load(cloud, store)
    keys.require(cloud, store)
    data = _bytes(given)
    message = hl7v2.read(data)
    name = f"{store}/messages/{secrets.token_urlsafe(24)}"
    body = {
        "name": name,
        "data": given["data"],
        "createTime": stamp(cloud.clock.now()),
        **({"labels": given["labels"]} if given.get("labels") else {}),
        **hl7v2.facts(message),
        "parsedData": hl7v2.parsed(message),
    }
    with cloud.store.transaction():
        digest = f"{store}/{hashlib.sha256(data).hexdigest()}"
        if settings.get("rejectDuplicateMessage") and cloud.store.private(_SEEN, digest):
            raise ApiError(409, f"The message is already stored in {store} (rejectDuplicateMessage is set).")
        cloud.store.set_private(_SEEN, digest, name.encode())
        cloud.store.put(API, name, body)
    _announce(cloud, settings, store, body)
    return body


def _announce(cloud: Cloud, settings: Json, store: str, body: Json) -> None:
    for config in settings.get("notificationConfigs", ()):
        topic = config.get("pubsubTopic")
        if not topic or not accepts(config.get("filter", ""), body):
            continue
        try:
            cloud.iam.require(service_agent(cloud, store), "pubsub.topics.publish", "pubsub", topic)
            publish(cloud, topic, [Message(body["name"].encode(), {"msgType": body["messageType"]})])
        except ApiError as error:
            # As on Google, a topic that cannot be reached does not stop the message.
            _log.warning("notification of %s was not sent to %s: %s", body["name"], topic, error.message)


def delete(cloud: Cloud, call: Call) -> Json:
    body = load(cloud, call.name)
    digest = hashlib.sha256(base64.b64decode(body["data"])).hexdigest()
    with cloud.store.transaction():
        cloud.store.set_private(_SEEN, f"{store_of(call.name)}/{digest}", None)
        cloud.store.delete(API, call.name)
    return {}


def forget_all(cloud: Cloud, store: str) -> None:
    """A store goes: its messages no longer count as seen."""
    for body in cloud.store.list(API, store, "messages"):
        digest = hashlib.sha256(base64.b64decode(body["data"])).hexdigest()
        cloud.store.set_private(_SEEN, f"{store}/{digest}", None)


def get(cloud: Cloud, call: Call) -> Json:
    keys.require(cloud, call.name)
    return view(load(cloud, call.name), call.query.get("view", "FULL"))


def list_(cloud: Cloud, call: Call) -> Json:
    """Newest last; only names unless a view is asked for."""
    store = store_of(call.name)
    load(cloud, store)
    keys.require(cloud, store)
    wanted, shown = call.query.get("filter", ""), call.query.get("view", "BASIC")
    bodies = sorted(cloud.store.list(API, store, "messages"), key=lambda body: str(body["createTime"]))
    found = [view(body, shown) for body in bodies if accepts(wanted, body)]
    return page(call, "hl7V2Messages", found, 100)


def batch_get(cloud: Cloud, call: Call) -> Json:
    store = store_of(call.name)
    keys.require(cloud, store)
    ids = [value for name, value in call.query_list if name == "ids"]
    return {
        "messages": [view(load(cloud, f"{store}/messages/{i}"), call.query.get("view", "FULL")) for i in ids]
    }


def view(body: Json, shown: str) -> Json:
    """A message as `view` asks (https://cloud.google.com/healthcare-api/docs/reference/rest/v1/MessageView)."""
    if shown == "BASIC":
        return {"name": body["name"]}
    hidden = {"RAW_ONLY": {"parsedData"}, "PARSED_ONLY": {"data"}}.get(shown, set())
    return {name: value for name, value in body.items() if name not in hidden}


def accepts(text: str, body: Json) -> bool:
    """Filters made of comparisons joined by AND, such as `messageType = "ADT"`."""
    for term in re.split(r"\s+AND\s+", text) if text.strip() else ():
        match = _TERM.fullmatch(term)
        if match is None:
            raise ApiError(
                400, f'Invalid filter {term[:80]!r}: localcloud reads field = "value" joined by AND.'
            )
        negated, field, sign, value = match.groups()
        if (_value(body, field) == value) == (bool(negated) != (sign == "!=")):
            return False
    return True


def _value(body: Json, field: str) -> Any:
    if field == "messageControlId":
        return next(
            (s["fields"].get("10") for s in body["parsedData"]["segments"] if s["segmentId"] == "MSH"), None
        )
    if field not in _FIELDS:
        raise ApiError(400, f"Invalid filter: {field!r} is no field; allowed: {', '.join(sorted(_FIELDS))}.")
    return body.get(field)
