"""Compute Engine: instance templates and managed instance groups. No virtual machine ever starts.

A group keeps its target size and calls itself stable; its instance group can be a backend.
https://cloud.google.com/compute/docs/instance-groups
"""

from __future__ import annotations

from dataclasses import replace

from localcloud import generic, links, operations
from localcloud.api import ApiError, Call, Json, not_found
from localcloud.cloud import Cloud
from localcloud.registry import behaviour, computed
from localcloud.services.compute import defaults, required

API = "compute"
_MANAGERS = "compute.regionInstanceGroupManagers"


@computed("compute.instanceTemplates", "compute.regionInstanceTemplates")
def template(cloud: Cloud, name: str, body: Json, new: bool) -> None:
    properties = required(body, "properties")
    required(properties, "machineType", "properties.")
    if not properties.get("disks"):
        raise ApiError(400, "Required field 'resource.properties.disks' not specified", reason="required")
    properties.setdefault("metadata", {})["fingerprint"] = links.fingerprint()
    if properties.get("tags"):
        properties["tags"]["fingerprint"] = links.fingerprint()
    for n, disk in enumerate(properties["disks"]):
        defaults(
            disk, index=n, kind="compute#attachedDisk", deviceName=f"persistent-disk-{n}", mode="READ_WRITE"
        )
    for n, nic in enumerate(properties.get("networkInterfaces") or []):
        defaults(nic, name=f"nic{n}", kind="compute#networkInterface")
    scheduling = properties.setdefault("scheduling", {})
    spot = scheduling.get("preemptible") or scheduling.get("provisioningModel") == "SPOT"
    defaults(scheduling, preemptible=False, automaticRestart=not spot)
    defaults(scheduling, onHostMaintenance="TERMINATE" if spot else "MIGRATE")
    defaults(scheduling, provisioningModel="SPOT" if spot else "STANDARD")


@computed(_MANAGERS)
def manager(cloud: Cloud, name: str, body: Json, new: bool) -> None:
    required(body, "baseInstanceName")
    if not body.get("versions") and not body.get("instanceTemplate"):
        raise ApiError(400, "Required field 'resource.versions' not specified", reason="required")
    project, region = name.split("/")[1], name.split("/")[3]
    root = body["selfLink"].partition("/projects/")[0]
    defaults(
        body,
        targetSize=0,
        listManagedInstancesResults="PAGELESS",
        instanceGroup=f"{root}/{group_of(name)}",
        standbyPolicy={"mode": "MANUAL", "initialDelaySec": 0},
        targetStoppedSize=0,
        targetSuspendedSize=0,
    )
    body["instanceLifecyclePolicy"] = {
        "defaultActionOnFailure": "REPAIR",
        "forceUpdateOnRepair": "NO",
        "onFailedHealthCheck": "DEFAULT_ACTION",
        "onRepair": {"allowChangingZone": "NO"},
        **(body.get("instanceLifecyclePolicy") or {}),
    }
    shape = body.setdefault("distributionPolicy", {})
    defaults(shape, targetShape="EVEN", zones=[{"zone": f"zones/{region}-{letter}"} for letter in "abc"])
    for each in shape["zones"]:
        if str(each.get("zone", "")).startswith("zones/"):
            each["zone"] = f"{root}/projects/{project}/{each['zone']}"
    if body.get("versions"):
        body["instanceTemplate"] = body["versions"][0].get("instanceTemplate")
    _update_policy(body.setdefault("updatePolicy", {}), len(shape["zones"]))
    body["status"] = _status(body)
    body["currentActions"] = dict.fromkeys(("creating", "deleting", "none", "recreating", "refreshing"), 0)
    if new:
        _make_group(cloud, name, body)


def group_of(manager: str) -> str:
    return manager.replace("/instanceGroupManagers/", "/instanceGroups/")


def _update_policy(policy: Json, zones: int) -> None:
    defaults(policy, type="OPPORTUNISTIC", minimalAction="REPLACE", instanceRedistributionType="PROACTIVE")
    defaults(policy, replacementMethod="SUBSTITUTE", minReadySec=0)
    for limit in ("maxSurge", "maxUnavailable"):
        given = {k: v for k, v in (policy.get(limit) or {"fixed": zones}).items() if v is not None}
        policy[limit] = {**given, "calculated": given.get("fixed", 0)}


def _status(body: Json) -> Json:
    stateful = bool((body.get("statefulPolicy") or {}).get("preservedState"))
    return {
        "isStable": True,
        "allInstancesConfig": {"effective": True},
        "stateful": {"hasStatefulConfig": stateful, "perInstanceConfigs": {"allEffective": True}},
        "versionTarget": {"isReached": True},
    }


def _make_group(cloud: Cloud, name: str, body: Json) -> None:
    group: Json = {k: body[k] for k in ("name", "region", "namedPorts", "creationTimestamp") if k in body}
    group |= {
        "kind": "compute#instanceGroup",
        "id": body["id"],
        "size": 0,
        "fingerprint": links.fingerprint(),
        "selfLink": body["instanceGroup"],
    }
    cloud.store.put(API, group_of(name), group)


@behaviour(f"{_MANAGERS}.delete", permission="compute.instanceGroupManagers.delete")
def delete_manager(cloud: Cloud, call: Call) -> Json:
    """Its instance group goes with it, unless something else still uses that."""
    with cloud.store.transaction():
        reply: Json = generic.delete(cloud, call)
        cloud.store.delete(API, group_of(call.name))
        links.require_unused(cloud, group_of(call.name))
    return reply


@behaviour(f"{_MANAGERS}.resize", permission="compute.instanceGroupManagers.update")
def resize(cloud: Cloud, call: Call) -> Json:
    size = call.query.get("size", "")
    if not size.isdigit():
        raise ApiError(400, f"Invalid value for field 'size': '{size}'. It is no number.", reason="invalid")
    _change(cloud, call.name, targetSize=int(size))
    return operations.done(call)


@behaviour("compute.regionInstanceGroups.setNamedPorts", permission="compute.instanceGroups.update")
def set_named_ports(cloud: Cloud, call: Call) -> Json:
    """Of the group, and of the manager that shows them too."""
    ports = (call.body or {}).get("namedPorts") or []
    with cloud.store.transaction():
        _change(cloud, call.name, namedPorts=ports)
        owner = call.name.replace("/instanceGroups/", "/instanceGroupManagers/")
        if cloud.store.get(API, owner):
            _change(cloud, owner, namedPorts=ports)
    return operations.done(call)


def _change(cloud: Cloud, name: str, **values: object) -> None:
    with cloud.store.transaction():
        body = generic.load(cloud, API, name)
        cloud.store.put(API, name, {**body, **values, "fingerprint": links.fingerprint()})


@computed("compute.regionAutoscalers", "compute.autoscalers")
def autoscaler(cloud: Cloud, name: str, body: Json, new: bool) -> None:
    policy = required(body, "autoscalingPolicy")
    required(body, "target")
    smallest, largest = policy.get("minNumReplicas") or 0, policy.get("maxNumReplicas")
    if largest is None or largest < smallest:
        raise ApiError(
            400,
            f"Invalid value for field 'resource.autoscalingPolicy.maxNumReplicas': '{largest}'. "
            f"It must be at least minNumReplicas ({smallest}).",
            reason="invalid",
        )
    defaults(policy, coolDownPeriodSec=60, mode="ON", minNumReplicas=0)
    kinds = ("cpuUtilization", "customMetricUtilizations", "loadBalancingUtilization", "scalingSchedules")
    if not any(policy.get(kind) for kind in kinds):
        policy["cpuUtilization"] = {"utilizationTarget": 0.6, "predictiveMethod": "NONE"}
    defaults(body, status="ACTIVE", recommendedSize=smallest)


@behaviour(
    "compute.regionAutoscalers.update",
    "compute.regionAutoscalers.patch",
    permission="compute.autoscalers.update",
)
def change_autoscaler(cloud: Cloud, call: Call) -> object:
    """Addressed by its collection; the name is in the query or the body."""
    name = call.query.get("autoscaler") or (call.body or {}).get("name")
    if not name:
        raise not_found(f"{call.name}/")
    return generic.patch(cloud, replace(call, name=f"{call.name}/{name}"))
