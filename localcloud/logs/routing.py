"""Sinks: which buckets and topics an entry goes to.

Destinations served: log buckets and Pub/Sub topics. Sinks to Cloud Storage and BigQuery are kept as
configuration and deliver nothing here.
"""

from __future__ import annotations

import json
import logging
from collections.abc import Iterator

from localcloud import projects
from localcloud.api import ApiError, Caller, Json
from localcloud.cloud import Cloud
from localcloud.logs import buckets
from localcloud.logs.filters import compiled

_LOG = logging.getLogger(__name__)
_AUDIT = (
    "cloudaudit.googleapis.com%2Factivity",
    "cloudaudit.googleapis.com%2Fsystem_event",
    "cloudaudit.googleapis.com%2Faccess_transparency",
    "externalaudit.googleapis.com%2Factivity",
)
_BUCKET, _TOPIC = "logging.googleapis.com/", "pubsub.googleapis.com/"


def is_required(entry: Json) -> bool:
    """Admin activity and its like: always kept, by no one's choice."""
    return str(entry["logName"]).partition("/logs/")[2] in _AUDIT


def route(cloud: Cloud, container: str, entry: Json) -> list[str]:
    """The log buckets that take the entry; topics are published to on the way."""
    found: list[str] = []
    if is_required(entry):
        found.append(buckets.preset(container, buckets.REQUIRED))
    elif _default_takes(cloud, container, entry):
        found.append(buckets.preset(container, buckets.DEFAULT))
    for owner, sink in _sinks(cloud, container):
        if sink["name"] not in (buckets.DEFAULT, buckets.REQUIRED) and _takes(sink, entry):
            found += _delivered(cloud, owner, sink, entry)
    return list(dict.fromkeys(found))


def _sinks(cloud: Cloud, container: str) -> Iterator[tuple[str, Json]]:
    """Sinks of the project, and aggregated ones above it."""
    for level in projects.ancestors(cloud.store, container):
        for sink in cloud.store.list(buckets.API, level, "sinks"):
            if level == container or sink.get("includeChildren"):
                yield level, sink


def _default_takes(cloud: Cloud, container: str, entry: Json) -> bool:
    sink = cloud.store.get(buckets.API, f"{container}/sinks/{buckets.DEFAULT}")
    if sink is None:
        return True
    own = str(sink.get("destination", "")).endswith(f"/buckets/{buckets.DEFAULT}")
    return own and _takes({**sink, "filter": ""}, entry)


def _takes(sink: Json, entry: Json) -> bool:
    """Whether filter and exclusions let the entry through; a broken filter lets nothing through."""
    if sink.get("disabled"):
        return False
    try:
        excluded = any(
            compiled(e.get("filter", ""))(entry)
            for e in sink.get("exclusions") or ()
            if not e.get("disabled")
        )
        return not excluded and compiled(sink.get("filter") or "")(entry)
    except ApiError as error:
        _LOG.warning("sink %s: %s", sink["name"], error.message)
        return False


def _delivered(cloud: Cloud, owner: str, sink: Json, entry: Json) -> list[str]:
    destination = str(sink.get("destination", ""))
    if destination.startswith(_BUCKET):
        name = projects.normalise(cloud.store, destination.removeprefix(_BUCKET))
        return (
            [name] if buckets.load(cloud, name) is not None and _may_write(cloud, owner, sink, name) else []
        )
    if destination.startswith(_TOPIC):
        _publish(cloud, sink, projects.normalise(cloud.store, destination.removeprefix(_TOPIC)), entry)
    return []


def _may_write(cloud: Cloud, owner: str, sink: Json, bucket: str) -> bool:
    """Into a bucket of its own project a sink may always write, elsewhere its writer identity must."""
    if bucket.startswith(f"{owner}/"):
        return True
    writer = Caller(str(sink.get("writerIdentity", "")))
    return cloud.iam.allows(writer, "logging.buckets.write", buckets.API, bucket)


def _publish(cloud: Cloud, sink: Json, topic: str, entry: Json) -> None:
    from localcloud.services import pubsub

    try:
        pubsub.publish(
            cloud,
            topic,
            json.dumps(entry).encode(),
            {"logging.googleapis.com/timestamp": entry["timestamp"]},
            str(sink.get("writerIdentity", "")),
        )
    except ApiError as error:
        _LOG.warning("sink %s: %s", sink["name"], error.message)
