"""Resource Manager: projects, v1 and v3 over one state.

https://cloud.google.com/resource-manager/reference/rest. A deleted project stays, as DELETE_REQUESTED:
its id cannot be used again, and `undelete` brings it back. Left out: liens, tags.
"""

from __future__ import annotations

from typing import Any

from localcloud import constraints, filters, operations, policy, projects
from localcloud.api import ApiError, Call, Json
from localcloud.cloud import Cloud
from localcloud.pages import page
from localcloud.registry import behaviour
from localcloud.timestamps import stamp

API = projects.API
_P = "cloudresourcemanager.projects"


def shown(version: str, body: Json) -> Json:
    """A project as the version shows it."""
    kind, _, number = str(body.get("parent", "")).partition("/")
    if version != "v1":
        out = {key: value for key, value in body.items() if key != "projectNumber"}
        return {**out, "name": f"projects/{body['projectNumber']}"}
    out = {
        "projectId": body["projectId"],
        "projectNumber": body["projectNumber"],
        "name": body["displayName"],
        "lifecycleState": body["state"],
        "createTime": body["createTime"],
        "labels": body.get("labels"),
        "etag": body.get("etag"),
        "parent": {"type": kind.removesuffix("s"), "id": number} if number else None,
    }
    return {key: value for key, value in out.items() if value}


def load(cloud: Cloud, call: Call) -> Json:
    """The project; 403 where it is not known, as Google answers."""
    body = cloud.store.get(API, call.name)
    if body is None:
        raise ApiError(
            403,
            f"The caller does not have permission on {call.name} (or it may not exist).",
            reason="forbidden",
        )
    return body


def parent_name(given: Any) -> str:
    """`{"type": "folder", "id": "1"}` or `folders/1`."""
    if isinstance(given, dict):
        return f"{given.get('type', 'organization')}s/{given.get('id', '')}"
    return str(given or projects.ORGANIZATION)


def require_parent(cloud: Cloud, parent: str) -> str:
    if not parent.startswith("organizations/") and cloud.store.get(API, parent) is None:
        raise ApiError(400, f"Parent {parent} does not exist.", "FAILED_PRECONDITION")
    return parent


@behaviour(f"{_P}.create", permission="")
def create(cloud: Cloud, call: Call) -> Json:
    sent = call.body or {}
    parent = require_parent(cloud, parent_name(sent.get("parent")))
    cloud.iam.require(call.caller, "resourcemanager.projects.create", API, parent)
    name = sent.get("displayName") if call.version != "v1" else sent.get("name")
    with cloud.store.transaction():
        body = projects.create(
            cloud, str(sent.get("projectId", "")), parent=parent, display_name=name, labels=sent.get("labels")
        )
        policy.bind(cloud, API, f"projects/{body['projectId']}", "roles/owner", call.caller.member)
    return operations.done(call, shown(call.version, body))


@behaviour(f"{_P}.get")
def get(cloud: Cloud, call: Call) -> Json:
    return shown(call.version, load(cloud, call))


@behaviour(f"{_P}.list", f"{_P}.search", permission="")
def list_(cloud: Cloud, call: Call) -> Json:
    found = [
        shown(call.version, p)
        for p in cloud.store.list(API, "", "projects")
        if cloud.iam.allows(call.caller, "resourcemanager.projects.get", API, f"projects/{p['projectId']}")
    ]
    text = call.query.get("filter") or call.query.get("query") or ""
    if wanted := call.query.get("parent"):
        found = [p for p in found if p.get("parent") == wanted]
    return page(call, "projects", [p for p in found if filters.matches(text, p)])


@behaviour(f"{_P}.update", f"{_P}.patch", permission="resourcemanager.projects.update")
def update(cloud: Cloud, call: Call) -> Json:
    with cloud.store.transaction():
        body, sent = load(cloud, call), call.body or {}
        name = sent.get("displayName") if call.version != "v1" else sent.get("name")
        body.update({"displayName": name or body["displayName"], "updateTime": stamp(cloud.clock.now())})
        if "labels" in sent or "labels" in call.query.get("updateMask", "") or call.version == "v1":
            body["labels"] = sent.get("labels") or {}
        if call.version == "v1" and sent.get("parent"):
            body["parent"] = require_parent(cloud, parent_name(sent["parent"]))
        cloud.store.put(API, call.name, body)
    return shown("v1", body) if call.version == "v1" else operations.done(call, shown(call.version, body))


@behaviour(f"{_P}.move")
def move(cloud: Cloud, call: Call) -> Json:
    body = {
        **load(cloud, call),
        "parent": require_parent(cloud, (call.body or {}).get("destinationParent", "")),
    }
    cloud.store.put(API, call.name, body)
    return operations.done(call, shown(call.version, body))


@behaviour(f"{_P}.delete", f"{_P}.undelete")
def change_state(cloud: Cloud, call: Call) -> Json:
    body = load(cloud, call)
    if call.action == "delete" and body["state"] != "ACTIVE":
        raise ApiError(403, f"Project {body['projectId']} is already being deleted.", "FAILED_PRECONDITION")
    body["state"] = "DELETE_REQUESTED" if call.action == "delete" else "ACTIVE"
    cloud.store.put(API, call.name, body)
    return {} if call.version == "v1" else operations.done(call, shown(call.version, body))


@behaviour(f"{_P}.getAncestry", permission="resourcemanager.projects.get")
def ancestry(cloud: Cloud, call: Call) -> Json:
    load(cloud, call)
    levels = [level.partition("/") for level in projects.ancestors(cloud.store, call.name)]
    return {
        "ancestor": [{"resourceId": {"type": kind.removesuffix("s"), "id": name}} for kind, _, name in levels]
    }


@behaviour(f"{_P}.getEffectiveOrgPolicy", permission="orgpolicy.policy.get")
def effective_policy(cloud: Cloud, call: Call) -> Json:
    constraint = str((call.body or {}).get("constraint", ""))
    on = constraints.enforced(cloud, call.project or "", constraint.removeprefix("constraints/"))
    return {"constraint": constraint, "booleanPolicy": {"enforced": True} if on else {}}
