"""Cloud Storage: notifications of object changes, published to a topic as Google's service agent.

https://cloud.google.com/storage/docs/pubsub-notifications
"""

from __future__ import annotations

from localcloud import generic
from localcloud.api import ApiError, Call, Json, Reply
from localcloud.cloud import Cloud
from localcloud.registry import behaviour
from localcloud.storage import buckets, notices

API = buckets.API
_N = "storage.notifications"


def _configs(call: Call) -> str:
    return f"b/{call.params['bucket']}/notificationConfigs"


@behaviour(f"{_N}.insert", permission="storage.buckets.update")
def create(cloud: Cloud, call: Call) -> Json:
    bucket = buckets.load(cloud, call.params["bucket"])
    sent = call.body or {}
    if not str(sent.get("topic", "")).startswith("//pubsub.googleapis.com/projects/"):
        raise ApiError(
            400,
            f"topic: {sent.get('topic')!r} is not allowed; allowed: "
            "//pubsub.googleapis.com/projects/P/topics/T",
        )
    if sent.get("payload_format") not in ("JSON_API_V1", "NONE"):
        raise ApiError(
            400, f"payload_format: {sent.get('payload_format')!r} is not allowed; allowed: JSON_API_V1, NONE"
        )
    if unknown := set(sent.get("event_types") or ()) - set(notices.EVENTS):
        raise ApiError(
            400, f"event_types: {sorted(unknown)} is not allowed; allowed: {', '.join(notices.EVENTS)}"
        )
    notices.require_publisher(cloud, bucket, notices.topic(cloud, sent))
    with cloud.store.transaction():
        used = [int(one["id"]) for one in cloud.store.list(API, f"b/{bucket['name']}", "notificationConfigs")]
        id = str(max(used, default=0) + 1)
        body = {
            **sent,
            "kind": "storage#notification",
            "id": id,
            "etag": generic.new_etag(),
            "selfLink": f"{call.base_url}/storage/v1/{_configs(call)}/{id}",
        }
        cloud.store.put(API, f"{_configs(call)}/{id}", body)
    return body


@behaviour(f"{_N}.get", permission="storage.buckets.get")
def get(cloud: Cloud, call: Call) -> Json:
    return generic.load(cloud, API, f"{_configs(call)}/{call.params['notification']}")


@behaviour(f"{_N}.list", permission="storage.buckets.get")
def list_(cloud: Cloud, call: Call) -> Json:
    bucket = buckets.load(cloud, call.params["bucket"])
    items = cloud.store.list(API, f"b/{bucket['name']}", "notificationConfigs")
    return {"kind": "storage#notifications", "items": items}


@behaviour(f"{_N}.delete", permission="storage.buckets.update")
def delete(cloud: Cloud, call: Call) -> Reply:
    name = f"{_configs(call)}/{call.params['notification']}"
    generic.load(cloud, API, name)
    cloud.store.delete(API, name)
    return Reply(None, 204)
