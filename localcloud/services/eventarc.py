"""Eventarc: triggers and the key of Google's channel are kept; no event is routed here.

https://cloud.google.com/eventarc/docs/reference/rest
"""

from __future__ import annotations

from localcloud import generic, merge, projects
from localcloud.agents import agent
from localcloud.api import ApiError, Call, Json
from localcloud.cloud import Cloud
from localcloud.cmek import require_key
from localcloud.registry import behaviour, computed
from localcloud.services.compute import defaults
from localcloud.timestamps import stamp

API = "eventarc"
_TOPIC_EVENT = "google.cloud.pubsub.topic.v1.messagePublished"
_DESTINATIONS = ("cloudRun", "cloudFunction", "gke", "workflow", "httpEndpoint")


@computed("eventarc.projects.locations.triggers")
def trigger(cloud: Cloud, name: str, body: Json, new: bool) -> None:
    filters = {one.get("attribute"): one.get("value") for one in body.get("eventFilters") or []}
    if "type" not in filters:
        raise ApiError(400, "eventFilters: one must have the attribute type.")
    _check_destination(body.get("destination") or {}, name)
    _check_transport(cloud, body, filters["type"])
    body["etag"] = generic.new_etag()
    defaults(body, eventDataContentType="application/json")
    if new:
        _fill_transport(name, body)


def _check_destination(destination: Json, name: str) -> None:
    given = [key for key in _DESTINATIONS if destination.get(key)]
    if len(given) != 1:
        raise ApiError(400, f"destination: exactly one of {', '.join(_DESTINATIONS)} must be given.")
    if destination.get("cloudRun"):
        destination["cloudRun"].setdefault("region", name.split("/")[3])


def _check_transport(cloud: Cloud, body: Json, kind: str | None) -> None:
    topic = ((body.get("transport") or {}).get("pubsub") or {}).get("topic")
    if not topic:
        return
    if kind != _TOPIC_EVENT:
        raise ApiError(400, f"transport.pubsub.topic: only for events of type {_TOPIC_EVENT}.")
    if cloud.store.get("pubsub", projects.normalise(cloud.store, topic)) is None:
        raise ApiError(400, f"transport.pubsub.topic: {topic} does not exist.", "FAILED_PRECONDITION")


def _fill_transport(name: str, body: Json) -> None:
    """The names that Eventarc would give; neither topic nor subscription is made."""
    _, project, _, place, _, short = name.split("/")
    pubsub = body.setdefault("transport", {}).setdefault("pubsub", {})
    stem = f"eventarc-{place}-{short}-{body['uid'][:3]}"
    defaults(
        pubsub,
        topic=f"projects/{project}/topics/{stem}",
        subscription=f"projects/{project}/subscriptions/{stem}-sub",
    )


@behaviour(
    "eventarc.projects.locations.getGoogleChannelConfig", permission="eventarc.googleChannelConfigs.get"
)
def get_channel(cloud: Cloud, call: Call) -> Json:
    return cloud.store.get(API, call.name) or {"name": call.name}


@behaviour(
    "eventarc.projects.locations.updateGoogleChannelConfig", permission="eventarc.googleChannelConfigs.update"
)
def update_channel(cloud: Cloud, call: Call) -> Json:
    """The key must be of the channel's region, and granted to Eventarc's service agent."""
    sent = {key: value for key, value in (call.body or {}).items() if key != "name"}
    old = cloud.store.get(API, call.name) or {"name": call.name}
    new = merge.masked(old, sent, call.query.get("updateMask") or "*")
    if key := new.get("cryptoKeyName"):
        member = agent(API, projects.number(cloud, str(call.project)))
        require_key(cloud, key, call.name.split("/")[3], member)
    new |= {"name": call.name, "updateTime": stamp(cloud.clock.now())}
    cloud.store.put(API, call.name, new)
    return new
