"""Assured Workloads: a workload makes a folder of its own, and projects where it is asked to.

The controls that Google lays on the folder (organisation policies, personnel) are not laid here.
https://cloud.google.com/assured-workloads/docs/reference/rest
"""

from __future__ import annotations

import secrets
from dataclasses import replace

from localcloud import generic, projects
from localcloud.api import ApiError, Call, Json, not_found
from localcloud.cloud import Cloud
from localcloud.registry import behaviour, computed, route
from localcloud.timestamps import stamp

API = "assuredworkloads"
_W = "assuredworkloads.organizations.locations.workloads"
_PROJECTS = ("CONSUMER_PROJECT", "ENCRYPTION_KEYS_PROJECT")

for _version in ("v1beta1", "v1"):
    # A client whose endpoint is plain http asks here for what the workload made, not at resource manager.
    for _kind in ("folders", "projects"):
        route(API, "GET", f"{_version}/{_kind}/{{id}}", f"{API}.{_kind}.get")
        route(API, "DELETE", f"{_version}/{_kind}/{{id}}", f"{API}.{_kind}.delete")


@computed(_W)
def workload(cloud: Cloud, name: str, body: Json, new: bool) -> None:
    title = str(body.get("displayName", ""))
    if not 4 <= len(title) <= 30:
        raise ApiError(400, f"displayName: {title!r} is not allowed; allowed: 4 to 30 characters")
    if not body.get("complianceRegime"):
        raise ApiError(400, "complianceRegime: a workload needs one, such as EU_REGIONS_AND_SUPPORT.")
    body["etag"] = generic.new_etag()
    if new:
        body["createTime"] = stamp(cloud.clock.now())
        body["resources"] = _resources(cloud, "/".join(name.split("/")[:2]), body)
        body.setdefault("violationNotificationsEnabled", True)
        body["complianceStatus"] = {"activeViolationCount": 0, "acknowledgedViolationCount": 0}
        body["kajEnrollmentState"] = "KAJ_ENROLLMENT_STATE_COMPLETE"
        body["saaEnrollmentResponse"] = {"setupStatus": "COMPLETE"}


def _resources(cloud: Cloud, organization: str, body: Json) -> list[Json]:
    """The folder, and the projects in it that `resourceSettings` names."""
    wanted = body.get("resourceSettings") or []
    title = next(
        (one.get("displayName") for one in wanted if one.get("resourceType") == "CONSUMER_FOLDER"), None
    )
    parent = body.get("provisionedResourcesParent") or organization
    folder = _folder(cloud, parent, title or body["displayName"])
    found = [{"resourceId": folder.rpartition("/")[2], "resourceType": "CONSUMER_FOLDER"}]
    for setting in wanted:
        kind = setting.get("resourceType")
        if kind in _PROJECTS:
            made = projects.create(
                cloud, str(setting.get("resourceId")), parent=folder, display_name=setting.get("displayName")
            )
            found.append({"resourceId": made["projectNumber"], "resourceType": kind})
        elif kind != "CONSUMER_FOLDER":
            raise ApiError(501, f"resourceSettings.resourceType {kind} is not made here.")
    return found


def _folder(cloud: Cloud, parent: str, title: str) -> str:
    if not projects.is_organization(parent) and cloud.store.get(projects.API, parent) is None:
        raise not_found(parent)
    now, name = stamp(cloud.clock.now()), f"folders/{secrets.randbelow(9 * 10**11) + 10**11}"
    body = {
        "name": name,
        "parent": parent,
        "displayName": title,
        "state": "ACTIVE",
        "createTime": now,
        "updateTime": now,
        "etag": generic.new_etag(),
    }
    cloud.store.put(projects.API, name, body)
    return name


@behaviour(f"{_W}.patch", permission="assuredworkloads.workload.update")
def patch(cloud: Cloud, call: Call) -> Json:
    """Masks may name the message as well (`Workload.displayName`)."""
    mask = ",".join(
        part.removeprefix("Workload.").removeprefix("workload.")
        for part in call.query.get("updateMask", "").split(",")
    )
    return generic.change(cloud, replace(call, query={**call.query, "updateMask": mask}))


@behaviour(f"{_W}.delete", permission="assuredworkloads.workload.delete")
def delete(cloud: Cloud, call: Call) -> Json:
    """Only when everything that the workload made is on its way out."""
    body = generic.load(cloud, API, call.name)
    for resource in body.get("resources") or []:
        kind = "projects" if resource["resourceType"] in _PROJECTS else "folders"
        name = projects.normalise(cloud.store, f"{kind}/{resource['resourceId']}")
        if (cloud.store.get(projects.API, name) or {}).get("state") == "ACTIVE":
            raise ApiError(400, f"{call.name} still has {name}; delete it first.", "FAILED_PRECONDITION")
    cloud.store.delete(API, call.name)
    return {}


@behaviour(f"{API}.folders.get", f"{API}.projects.get", permission="")
def get_resource(cloud: Cloud, call: Call) -> Json:
    kind, body = _resource(cloud, call)
    cloud.iam.require(call.caller, f"resourcemanager.{kind}.get", projects.API, _key(kind, body))
    return {"name": _key(kind, body), "lifecycleState": body["state"]}


@behaviour(f"{API}.folders.delete", f"{API}.projects.delete", permission="")
def delete_resource(cloud: Cloud, call: Call) -> Json:
    kind, body = _resource(cloud, call)
    name = _key(kind, body)
    cloud.iam.require(call.caller, f"resourcemanager.{kind}.delete", projects.API, name)
    inside = [*cloud.store.list(projects.API, "", "folders"), *cloud.store.list(projects.API, "", "projects")]
    if any(one.get("parent") == name and one["state"] == "ACTIVE" for one in inside):
        raise ApiError(400, f"{name} still holds active folders or projects.", "FAILED_PRECONDITION")
    cloud.store.put(projects.API, name, {**body, "state": "DELETE_REQUESTED"})
    return {"name": name, "lifecycleState": "DELETE_REQUESTED"}


def _resource(cloud: Cloud, call: Call) -> tuple[str, Json]:
    kind, _, id = call.name.partition("/")
    return kind, generic.load(cloud, projects.API, projects.normalise(cloud.store, f"{kind}/{id}"))


def _key(kind: str, body: Json) -> str:
    return f"projects/{body['projectId']}" if kind == "projects" else str(body["name"])
