"""Service Usage: which APIs a project has enabled, and the identities of their agents.

Calls to an API that is not enabled are answered all the same. Enabling Compute makes the `default`
network of a new project, as on Google (https://cloud.google.com/vpc/docs/vpc#default-network).
"""

from __future__ import annotations

from localcloud import constraints, filters, operations, projects
from localcloud.agents import agent
from localcloud.api import ApiError, Call, Json
from localcloud.cloud import Cloud
from localcloud.network import make_default
from localcloud.pages import page
from localcloud.registry import behaviour

API = "serviceusage"
_S = "serviceusage.services"


def shown(cloud: Cloud, project: str, service: str) -> Json:
    """A service as Google names it, by project number."""
    parent = f"projects/{projects.number(cloud, project)}"
    on = cloud.store.get(API, f"projects/{project}/services/{service}") is not None
    return {
        "name": f"{parent}/services/{service}",
        "parent": parent,
        "config": {"name": service},
        "state": "ENABLED" if on else "DISABLED",
    }


def enable_one(cloud: Cloud, call: Call, project: str, service: str) -> None:
    name = f"projects/{project}/services/{service}"
    if cloud.store.get(API, name) is not None:
        return
    cloud.store.put(API, name, {"name": name})
    if service == "compute.googleapis.com" and not constraints.enforced(
        cloud, project, "compute.skipDefaultNetworkCreation"
    ):
        make_default(cloud, project)


def _place(call: Call) -> tuple[str, str]:
    parts = call.name.split("/")
    if parts[0] != "projects" or len(parts) < 2:
        raise ApiError(400, f"{call.name}: services belong to projects.")
    return parts[1], parts[-1]


@behaviour(f"{_S}.enable", f"{_S}.disable")
def switch(cloud: Cloud, call: Call) -> Json:
    project, service = _place(call)
    if call.action == "enable":
        enable_one(cloud, call, project, service)
    else:
        cloud.store.delete(API, call.name)
    return operations.done(call, {"service": shown(cloud, project, service)})


@behaviour(f"{_S}.batchEnable", permission="serviceusage.services.enable")
def batch(cloud: Cloud, call: Call) -> Json:
    project, wanted = call.name.split("/")[1], (call.body or {}).get("serviceIds") or []
    for service in wanted:
        enable_one(cloud, call, project, service)
    return operations.done(call, {"services": [shown(cloud, project, service) for service in wanted]})


@behaviour(f"{_S}.get")
def get(cloud: Cloud, call: Call) -> Json:
    return shown(cloud, *_place(call))


@behaviour(f"{_S}.batchGet", permission="serviceusage.services.get")
def batch_get(cloud: Cloud, call: Call) -> Json:
    names = [value for key, value in call.query_list if key == "names"]
    return {"services": [shown(cloud, call.name.split("/")[1], name.rpartition("/")[2]) for name in names]}


@behaviour(f"{_S}.list")
def list_(cloud: Cloud, call: Call) -> Json:
    """Every service that is enabled; the disabled ones of Google's catalogue are not listed."""
    project, _ = _place(call)
    rows = cloud.store.list(API, f"projects/{project}", "services")
    found = [shown(cloud, project, row["name"].rpartition("/")[2]) for row in rows]
    text = call.query.get("filter", "")
    return {"services": [], **page(call, "services", [s for s in found if filters.matches(text, s)])}


@behaviour(f"{_S}.generateServiceIdentity")
def identity(cloud: Cloud, call: Call) -> Json:
    project, service = _place(call)
    number = projects.number(cloud, project)
    return operations.done(
        call,
        {
            "email": agent(service, number),
            "uniqueId": f"1{projects.derived_number(service + number)}00000000"[:21],
        },
    )
