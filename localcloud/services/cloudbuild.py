"""Cloud Build: triggers and private pools are kept; nothing is built here.

https://cloud.google.com/build/docs/api/reference/rest
"""

from __future__ import annotations

import uuid

from localcloud import generic, merge
from localcloud.api import ApiError, Call, Json, already_exists
from localcloud.cloud import Cloud
from localcloud.pages import page
from localcloud.registry import behaviour, computed
from localcloud.services.compute import defaults
from localcloud.timestamps import stamp

API = "cloudbuild"
_TRIGGERS = ("cloudbuild.projects.locations.triggers", "cloudbuild.projects.triggers")
_SOURCES = (
    "triggerTemplate",
    "github",
    "bitbucketServerTriggerConfig",
    "gitlabEnterpriseEventsConfig",
    "pubsubConfig",
    "webhookConfig",
    "sourceToBuild",
    "repositoryEventConfig",
    "developerConnectEventConfig",
)
_BUILDS = ("build", "filename", "gitFileSource", "autodetect")


def _name(call: Call) -> str:
    """Paths without a location mean `global`, and a trigger goes by its id or its name."""
    name = call.name
    return name if "/locations/" in name else name.replace("/triggers", "/locations/global/triggers", 1)


def _load(cloud: Cloud, call: Call) -> Json:
    name = _name(call)
    found = cloud.store.get(API, name)
    if found is None:
        parent, _, wanted = name.rpartition("/triggers/")
        siblings = cloud.store.list(API, parent, "triggers")
        found = next((one for one in siblings if one.get("name") == wanted), None)
    return found if found is not None else generic.load(cloud, API, name)


@behaviour(*(f"{kind}.create" for kind in _TRIGGERS), permission="cloudbuild.builds.create")
def create(cloud: Cloud, call: Call) -> Json:
    place = _name(call).rpartition("/triggers")[0]
    sent = dict(call.body or {})
    _check(sent)
    id = str(uuid.uuid4())
    title = sent.get("name") or f"trigger-{id[:8]}"
    with cloud.store.transaction():
        if any(one["name"] == title for one in cloud.store.list(API, place, "triggers")):
            raise already_exists(f"{place}/triggers/{title}")
        body = {
            **sent,
            "id": id,
            "name": title,
            "createTime": stamp(cloud.clock.now()),
            "resourceName": f"{place}/triggers/{id}",
        }
        _fill(body)
        cloud.store.put(API, body["resourceName"], body)
    return body


def _check(body: Json) -> None:
    builds = [key for key in _BUILDS if body.get(key)]
    if len(builds) != 1:
        raise ApiError(400, f"Exactly one of {', '.join(_BUILDS)} must be given, not {len(builds)}.")
    if not any(body.get(key) for key in _SOURCES):
        raise ApiError(400, f"At least one of {', '.join(_SOURCES)} must be given.")


def _fill(body: Json) -> None:
    """What Google adds to a trigger that listens to a topic or a webhook."""
    for key in ("pubsubConfig", "webhookConfig"):
        if isinstance(body.get(key), dict):
            body[key].setdefault("state", "OK")
    if isinstance(body.get("pubsubConfig"), dict):
        project = body["resourceName"].split("/")[1]
        body["pubsubConfig"].setdefault(
            "subscription", f"projects/{project}/subscriptions/gcb-{body['name']}"
        )


@behaviour(*(f"{kind}.get" for kind in _TRIGGERS), permission="cloudbuild.builds.get")
def get(cloud: Cloud, call: Call) -> Json:
    return _load(cloud, call)


@behaviour(*(f"{kind}.list" for kind in _TRIGGERS), permission="cloudbuild.builds.list")
def list_(cloud: Cloud, call: Call) -> Json:
    place = _name(call).rpartition("/triggers")[0]
    return page(call, "triggers", cloud.store.list(API, place, "triggers"))


@behaviour(*(f"{kind}.patch" for kind in _TRIGGERS), permission="cloudbuild.builds.update")
def patch(cloud: Cloud, call: Call) -> Json:
    """Without a mask the trigger is replaced by what is sent."""
    sent = call.body or {}
    with cloud.store.transaction():
        old = _load(cloud, call)
        mask = call.query.get("updateMask")
        new = merge.masked(old, sent, mask) if mask else {"name": old["name"], **sent}
        new |= {key: old[key] for key in ("id", "createTime", "resourceName")}
        _check(new)
        _fill(new)
        cloud.store.put(API, old["resourceName"], new)
    return new


@behaviour(*(f"{kind}.delete" for kind in _TRIGGERS), permission="cloudbuild.builds.delete")
def delete(cloud: Cloud, call: Call) -> Json:
    cloud.store.delete(API, _load(cloud, call)["resourceName"])
    return {}


@computed("cloudbuild.projects.locations.workerPools")
def pool(cloud: Cloud, name: str, body: Json, new: bool) -> None:
    config = body.setdefault("privatePoolV1Config", {})
    network = config.setdefault("networkConfig", {})
    if network.get("peeredNetwork") and config.get("privateServiceConnect"):
        raise ApiError(
            400, "privatePoolV1Config: only one of networkConfig.peeredNetwork and privateServiceConnect."
        )
    defaults(network, egressOption="PUBLIC_EGRESS")
    defaults(config.setdefault("workerConfig", {}), machineType="e2-standard-2", diskSizeGb="100")
    body["state"] = "RUNNING"
