"""Cloud Run v2: worker pools are checked and kept; no process is run for them here.

https://cloud.google.com/run/docs/reference/rest/v2/projects.locations.workerPools
"""

from __future__ import annotations

import re

from localcloud import merge, operations, projects
from localcloud.api import ApiError, Call, Json, already_exists
from localcloud.cloud import Cloud
from localcloud.registry import behaviour
from localcloud.run import bodies
from localcloud.run.manager import API
from localcloud.services.run import check, load, require_fresh

_P = "run.projects.locations.workerPools"
_ID = re.compile(r"[a-z]([a-z0-9-]{0,47}[a-z0-9])?")
_LATEST = {"type": "INSTANCE_SPLIT_ALLOCATION_TYPE_LATEST", "percent": 100}


@behaviour(f"{_P}.create", permission="run.workerpools.create")
def create(cloud: Cloud, call: Call) -> Json:
    short = call.query.get("workerPoolId", "")
    if not _ID.fullmatch(short):
        raise ApiError(
            400,
            f"workerPoolId: {short!r} is not allowed; allowed: up to 49 lowercase letters, digits and "
            "hyphens, first a letter, last no hyphen.",
        )
    projects.require(cloud, str(call.project))
    name = f"{call.name}/{short}"
    if cloud.store.get(API, name) is not None:
        raise already_exists(name)
    given = call.body or {}
    check(cloud, call, name, given.get("template") or {})
    body = _ready(cloud, bodies.begun(name, given, call.caller.member, cloud.clock.now()))
    return _kept(cloud, call, body)


def _ready(cloud: Cloud, body: Json) -> Json:
    """A revision of its own for every template, and the instances all on the latest one."""
    now, short = cloud.clock.now(), body["name"].rpartition("/")[2]
    number = int(body["generation"])
    revision = bodies.revision_name(short, number, body["template"].get("revision"))
    full = f"{body['name']}/revisions/{revision}"
    splits = body.get("instanceSplits") or [_LATEST]
    scaling = {"manualInstanceCount": 1} if not body.get("scaling") else {}
    return {
        **body,
        "scaling": {**(body.get("scaling") or {}), **scaling},
        "instanceSplits": splits,
        "instanceSplitStatuses": splits,
        "latestCreatedRevision": full,
        "latestReadyRevision": full,
        "terminalCondition": bodies.condition("Ready", now),
        "conditions": [bodies.condition("ConfigurationsReady", now)],
    }


def _kept(cloud: Cloud, call: Call, body: Json) -> Json:
    if call.query.get("validateOnly") != "true":
        cloud.store.put(API, body["name"], body)
    return operations.done(call, body)


@behaviour(f"{_P}.patch", permission="run.workerpools.update")
def patch(cloud: Cloud, call: Call) -> Json:
    old, given = load(cloud, call.name), call.body or {}
    require_fresh(old, given.get("etag"))
    mask = call.query.get("updateMask")
    wanted = merge.masked(old, given, mask) if mask else given
    check(cloud, call, call.name, wanted.get("template") or {})
    body = _ready(cloud, bodies.changed(old, wanted, call.caller.member, cloud.clock.now()))
    return _kept(cloud, call, body)


@behaviour(f"{_P}.delete", permission="run.workerpools.delete")
def delete(cloud: Cloud, call: Call) -> Json:
    body = load(cloud, call.name)
    require_fresh(body, call.query.get("etag"))
    if call.query.get("validateOnly") != "true":
        cloud.store.delete(API, call.name)
    return operations.done(call, body)
