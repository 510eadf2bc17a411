"""Cloud SQL's own kind of operation; answered as done."""

from __future__ import annotations

import uuid

from localcloud.api import Call, Json
from localcloud.cloud import Cloud
from localcloud.sql.defaults import stamp


def done(cloud: Cloud, call: Call, kind: str, project: str, target: str, **extra: object) -> Json:
    """A finished operation such as `CREATE` on the instance `target`."""
    now, name = stamp(cloud.clock.now()), str(uuid.uuid4())
    root = f"{call.base_url}/sql/{call.version}/projects/{project}"
    return {
        "kind": "sql#operation",
        "name": name,
        "operationType": kind,
        "status": "DONE",
        "targetId": target,
        "targetProject": project,
        "targetLink": f"{root}/instances/{target}",
        "selfLink": f"{root}/operations/{name}",
        "user": call.caller.member.partition(":")[2],
        "insertTime": now,
        "startTime": now,
        "endTime": now,
        **extra,
    }
