"""Resource Manager: folders and organisations (v3, and v1's operations under the same names)."""

from __future__ import annotations

import secrets

from localcloud import generic, merge, operations, projects
from localcloud.api import ApiError, Call, Json, not_found
from localcloud.cloud import Cloud
from localcloud.pages import page
from localcloud.registry import behaviour
from localcloud.services.cloudresourcemanager_projects import require_parent
from localcloud.timestamps import stamp

API = projects.API
_F, _O = "cloudresourcemanager.folders", "cloudresourcemanager.organizations"


@behaviour(f"{_F}.create", permission="")
def create(cloud: Cloud, call: Call) -> Json:
    sent = call.body or {}
    parent = require_parent(cloud, str(sent.get("parent") or ""))
    cloud.iam.require(call.caller, "resourcemanager.folders.create", API, parent)
    title = sent.get("displayName")
    if not title:
        raise ApiError(
            400, "displayName: a folder needs one of 3 to 30 letters, digits, spaces, hyphens or underscores."
        )
    with cloud.store.transaction():
        _require_unique(cloud, parent, title)
        now, name = stamp(cloud.clock.now()), f"folders/{secrets.randbelow(9 * 10**11) + 10**11}"
        body = {
            **sent,
            "name": name,
            "parent": parent,
            "state": "ACTIVE",
            "createTime": now,
            "updateTime": now,
            "etag": generic.new_etag(),
        }
        cloud.store.put(API, name, body)
    return operations.done(call, body)


def _require_unique(cloud: Cloud, parent: str, title: str) -> None:
    for other in cloud.store.list(API, "", "folders"):
        if other["parent"] == parent and other["displayName"] == title and other["state"] == "ACTIVE":
            raise ApiError(
                400, f"Folder display name {title!r} is already used under {parent}.", "FAILED_PRECONDITION"
            )


@behaviour(f"{_F}.list", f"{_F}.search")
def list_(cloud: Cloud, call: Call) -> Json:
    wanted = call.query.get("parent")
    found = [
        f
        for f in cloud.store.list(API, "", "folders")
        if f["state"] == "ACTIVE" and wanted in (None, f["parent"])
    ]
    return page(call, "folders", found)


@behaviour(f"{_F}.patch", f"{_F}.move")
def change(cloud: Cloud, call: Call) -> Json:
    with cloud.store.transaction():
        body, sent = generic.load(cloud, API, call.name), call.body or {}
        if call.action == "move":
            body["parent"] = require_parent(cloud, sent.get("destinationParent", ""))
        else:
            body = merge.masked(body, sent, call.query.get("updateMask") or "displayName")
        body |= {"updateTime": stamp(cloud.clock.now()), "etag": generic.new_etag()}
        cloud.store.put(API, call.name, body)
    return operations.done(call, body)


@behaviour(f"{_F}.delete", f"{_F}.undelete")
def change_state(cloud: Cloud, call: Call) -> Json:
    """Only an empty folder can be deleted; it stays, as DELETE_REQUESTED."""
    body = generic.load(cloud, API, call.name)
    if call.action == "delete" and _holds_active(cloud, call.name):
        raise ApiError(400, f"{call.name} still holds active folders or projects.", "FAILED_PRECONDITION")
    body["state"] = "DELETE_REQUESTED" if call.action == "delete" else "ACTIVE"
    cloud.store.put(API, call.name, body)
    return operations.done(call, body)


def _holds_active(cloud: Cloud, name: str) -> bool:
    inside = [*cloud.store.list(API, "", "folders"), *cloud.store.list(API, "", "projects")]
    return any(one.get("parent") == name and one["state"] == "ACTIVE" for one in inside)


@behaviour(f"{_O}.get", permission="")
def get_organization(cloud: Cloud, call: Call) -> Json:
    if not projects.is_organization(call.name):
        raise not_found(call.name)
    body: Json = {"name": call.name, "displayName": "careplane.test"}
    customer = {"owner": {"directoryCustomerId": "C00local0"}, "lifecycleState": "ACTIVE"}
    return body | (
        customer if call.version == "v1" else {"directoryCustomerId": "C00local0", "state": "ACTIVE"}
    )


@behaviour(f"{_O}.search", permission="")
def search_organizations(cloud: Cloud, call: Call) -> Json:
    return {"organizations": [{"name": projects.ORGANIZATION, "displayName": "careplane.test"}]}
