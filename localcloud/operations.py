"""Operations, always answered done, in the shape of each API."""

from __future__ import annotations

import json
import secrets
from datetime import UTC, datetime
from typing import Any

from localcloud.api import Call, Json, not_found
from localcloud.cloud import Cloud
from localcloud.timestamps import stamp

_GLOBAL_NAMES = (
    "accesscontextmanager",
    "cloudresourcemanager",
    "serviceusage",
    "servicenetworking",
    "cloudbilling",
)
_COMPUTE_TYPES = {"create": "insert"}
_SQL_TYPES = {"insert": "CREATE", "patch": "UPDATE"}


def done(call_or_api: Call | str, response: Json | None = None) -> Json:
    """A finished operation: `google.longrunning`, Compute's or Cloud SQL's, by the call's API."""
    if isinstance(call_or_api, str):
        return _long_running(call_or_api, None, response)
    if call_or_api.api == "compute":
        return _compute(call_or_api)
    if call_or_api.api == "sqladmin":
        return _sql(call_or_api, response)
    return _long_running(call_or_api.api, call_or_api, response)


def _now() -> str:
    return stamp(datetime.now(UTC))


def _long_running(api: str, call: Call | None, response: Json | None) -> Json:
    body = dict(response or {})
    body.setdefault(
        "@type",
        "type.googleapis.com/google.protobuf.Empty"
        if not body
        else f"type.googleapis.com/google.cloud.{api}.{call.version if call else 'v1'}.Resource",
    )
    return {
        "name": f"{_scope(api, call)}operations/{secrets.token_hex(16)}",
        "done": True,
        "metadata": {"@type": "type.googleapis.com/google.protobuf.Struct"},
        "response": body,
    }


def _scope(api: str, call: Call | None) -> str:
    parts = call.name.split("/") if call else []
    if api in _GLOBAL_NAMES or len(parts) < 4 or parts[2] != "locations":
        return ""
    return "/".join(parts[:4]) + "/"


def _compute(call: Call) -> Json:
    parts = call.name.split("/")
    scope = "/".join(parts[:3] if parts[2] == "global" else parts[:4])
    name, now = f"operation-{secrets.token_hex(16)}", _now()
    root = f"{call.base_url}/compute/{call.version or 'v1'}"
    operation: Json = {
        "kind": "compute#operation",
        "id": str(secrets.randbelow(10**18) + 10**18),
        "name": name,
        "status": "DONE",
        "operationType": _COMPUTE_TYPES.get(call.action, call.action),
        "progress": 100,
        "user": call.caller.member.split(":")[-1],
        "insertTime": now,
        "startTime": now,
        "endTime": now,
        "selfLink": f"{root}/{scope}/operations/{name}",
        "targetLink": f"{root}/{_target(call)}",
    }
    if parts[2] in ("regions", "zones"):
        operation[parts[2][:-1]] = f"{root}/{'/'.join(parts[:4])}"
    return operation


def _target(call: Call) -> str:
    created = call.body.get("name") if call.action == "insert" and isinstance(call.body, dict) else None
    return f"{call.name}/{created}" if created else call.name


def _sql(call: Call, response: Json | None) -> Json:
    now, parts = _now(), call.name.split("/")
    body = call.body if isinstance(call.body, dict) else {}
    target = (
        (response or {}).get("name") or (parts[-1] if len(parts) % 2 == 0 else body.get("name")) or parts[-1]
    )
    name = secrets.token_hex(16)
    return {
        "kind": "sql#operation",
        "name": name,
        "status": "DONE",
        "user": call.caller.member.split(":")[-1],
        "operationType": _SQL_TYPES.get(call.action, call.action.upper()),
        "insertTime": now,
        "startTime": now,
        "endTime": now,
        "targetId": target,
        "targetProject": call.project or "",
        "targetLink": f"{call.base_url}/sql/v1beta4/{call.name}",
        "selfLink": f"{call.base_url}/sql/v1beta4/projects/{call.project}/operations/{name}",
    }


def is_operation(body: Any) -> bool:
    """Whether an answer is an operation, in any of the three shapes."""
    return isinstance(body, dict) and (
        body.get("kind") in ("compute#operation", "sql#operation")
        or ("done" in body and "/operations/" in f"/{body.get('name')}")
    )


def remember(cloud: Cloud, api: str, operation: Json) -> None:
    """Keep it, so that it can be polled, by any version and after a restart."""
    cloud.store.set_private(f"operations/{api}", operation["name"], json.dumps(operation).encode())


def get(cloud: Cloud, call: Call) -> Json:
    """`operations.get` and `wait` of every API."""
    for key in (call.name, call.name.rpartition("/")[2]):
        value = cloud.store.private(f"operations/{call.api}", key)
        if value is not None:
            return json.loads(value)  # type: ignore[no-any-return]
    raise not_found(call.name)
