"""Shared VPC: a host project lends its networks to the projects attached to it.

https://cloud.google.com/compute/docs/reference/rest/v1/projects/enableXpnHost
"""

from __future__ import annotations

from dataclasses import replace

from localcloud import operations
from localcloud.api import ApiError, Call, Json
from localcloud.cloud import Cloud
from localcloud.registry import behaviour

API = "compute"


def record(project: str) -> str:
    """Where a project's part in Shared VPC is kept."""
    return f"projects/{project}/global/xpn"


def state(cloud: Cloud, project: str) -> Json:
    return cloud.store.get(API, record(project)) or {}


def _keep(cloud: Cloud, project: str, body: Json) -> None:
    cloud.store.put(API, record(project), body)


@behaviour("compute.projects.enableXpnHost", permission="compute.organizations.enableXpnHost")
def enable_host(cloud: Cloud, call: Call) -> Json:
    _keep(cloud, _project(call), {**state(cloud, _project(call)), "host": True})
    return _done(call)


@behaviour("compute.projects.disableXpnHost", permission="compute.organizations.disableXpnHost")
def disable_host(cloud: Cloud, call: Call) -> Json:
    if state(cloud, _project(call)).get("guests"):
        raise ApiError(
            400, f"Project {_project(call)} has service projects attached.", reason="resourceInUse"
        )
    _keep(cloud, _project(call), {})
    return _done(call)


@behaviour("compute.projects.enableXpnResource", permission="compute.organizations.enableXpnResource")
def attach(cloud: Cloud, call: Call) -> Json:
    host, guest = state(cloud, _project(call)), _guest(call)
    if not host.get("host"):
        raise ApiError(400, f"Project {_project(call)} is not a shared VPC host project.", reason="invalid")
    _keep(cloud, _project(call), {**host, "guests": sorted({*host.get("guests", []), guest})})
    _keep(cloud, guest, {**state(cloud, guest), "of": _project(call)})
    return _done(call)


@behaviour("compute.projects.disableXpnResource", permission="compute.organizations.disableXpnResource")
def detach(cloud: Cloud, call: Call) -> Json:
    host, guest = state(cloud, _project(call)), _guest(call)
    _keep(
        cloud, _project(call), {**host, "guests": [each for each in host.get("guests", []) if each != guest]}
    )
    _keep(cloud, guest, {})
    return _done(call)


@behaviour("compute.projects.getXpnHost", permission="compute.projects.get")
def host_of(cloud: Cloud, call: Call) -> Json:
    """The host of a guest; an empty project where there is none."""
    host = state(cloud, _project(call)).get("of")
    return {"kind": "compute#project", "name": host} if host else {"kind": "compute#project"}


@behaviour("compute.projects.getXpnResources", permission="compute.projects.get")
def guests_of(cloud: Cloud, call: Call) -> Json:
    guests = state(cloud, _project(call)).get("guests", [])
    return {
        "kind": "compute#projectsGetXpnResources",
        "resources": [{"id": each, "type": "PROJECT"} for each in guests],
    }


def status(cloud: Cloud, project: str) -> str:
    """`xpnProjectStatus` of a project."""
    return "HOST" if state(cloud, project).get("host") else "UNSPECIFIED_XPN_PROJECT_STATUS"


def _project(call: Call) -> str:
    return str(call.project)


def _guest(call: Call) -> str:
    return str((call.body or {})["xpnResource"]["id"])


def _done(call: Call) -> Json:
    return operations.done(replace(call, name=f"projects/{_project(call)}/global"))
