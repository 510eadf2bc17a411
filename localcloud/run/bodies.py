"""The fields of services, revisions, jobs and executions that only Cloud Run writes."""

from __future__ import annotations

import random
import secrets
import string
import uuid
from datetime import datetime

from localcloud.api import Json
from localcloud.run.services import LATEST
from localcloud.timestamps import stamp

COMPUTED = (
    "name",
    "uid",
    "generation",
    "createTime",
    "updateTime",
    "deleteTime",
    "expireTime",
    "creator",
    "lastModifier",
    "observedGeneration",
    "terminalCondition",
    "conditions",
    "latestReadyRevision",
    "latestCreatedRevision",
    "trafficStatuses",
    "uri",
    "urls",
    "reconciling",
    "etag",
    "satisfiesPzs",
    "executionCount",
    "latestCreatedExecution",
)


def condition(kind: str, now: datetime, message: str | None = None, reason: str | None = None) -> Json:
    found: Json = {"type": kind, "lastTransitionTime": stamp(now)}
    if message is None:
        return found | {"state": "CONDITION_SUCCEEDED"}
    return found | {
        "state": "CONDITION_FAILED",
        "message": message,
        "reason": reason or "CONTAINER_MISSING",
        "severity": "ERROR",
    }


def spec(body: Json) -> Json:
    """What a client may write."""
    return {key: value for key, value in body.items() if key not in COMPUTED and value is not None}


def begun(name: str, given: Json, member: str, now: datetime) -> Json:
    """A new service or job."""
    creator = member.partition(":")[2]
    return {
        "launchStage": "GA",
        **spec(given),
        "name": name,
        "uid": str(uuid.uuid4()),
        "generation": "1",
        "observedGeneration": "1",
        "createTime": stamp(now),
        "updateTime": stamp(now),
        "creator": creator,
        "lastModifier": creator,
        "reconciling": False,
        "etag": new_etag(),
    }


def changed(old: Json, given: Json, member: str, now: datetime) -> Json:
    """The next generation of a service or job, with what `given` asks for."""
    kept = {key: value for key, value in old.items() if key in COMPUTED}
    generation = str(int(old["generation"]) + 1)
    return {
        "launchStage": "GA",
        **spec(given),
        **kept,
        "generation": generation,
        "observedGeneration": generation,
        "updateTime": stamp(now),
        "lastModifier": member.partition(":")[2],
        "etag": new_etag(),
    }


def new_etag() -> str:
    return f'"{secrets.token_urlsafe(12)}"'


def revision_name(service: str, number: int, wanted: str | None) -> str:
    if wanted:
        return wanted
    letters = "".join(random.choices(string.ascii_lowercase + string.digits, k=3))
    return f"{service}-{number:05d}-{letters}"


def revision(service: Json, name: str, now: datetime) -> Json:
    """A revision: the template it was made from, flat."""
    template = {key: value for key, value in service["template"].items() if key != "revision"}
    return {
        **template,
        "name": f"{service['name']}/revisions/{name}",
        "uid": str(uuid.uuid4()),
        "generation": "1",
        "service": service["name"].rpartition("/")[2],
        "createTime": stamp(now),
        "updateTime": stamp(now),
        "observedGeneration": "1",
        "reconciling": False,
        "etag": new_etag(),
        "launchStage": service["launchStage"],
        "conditions": [condition("Ready", now), condition("ContainerReady", now)],
    }


def traffic_statuses(body: Json) -> list[Json]:
    targets = body.get("traffic") or [{"type": LATEST, "percent": 100}]
    return [{key: value for key, value in target.items() if value} for target in targets]


def with_status(body: Json, now: datetime, failure: str | None = None) -> Json:
    """The service's conditions after it became ready, or did not."""
    return body | {
        "terminalCondition": condition("Ready", now, failure, "HEALTH_CHECK_CONTAINER_ERROR"),
        "conditions": [
            condition("RoutesReady", now),
            condition("ConfigurationsReady", now, failure, "HEALTH_CHECK_CONTAINER_ERROR"),
        ],
        "trafficStatuses": traffic_statuses(body),
        "etag": new_etag(),
    }
