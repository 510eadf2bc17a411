"""Managed instance groups and their autoscalers: https://cloud.google.com/compute/docs/instance-groups"""

from __future__ import annotations

from typing import Any

from localcloud.plugin import wire
from localcloud.plugin.diff import as_set
from localcloud.plugin.kinds import Field, Json, Kind, local, moved
from localcloud.plugin.types.compute import disks
from localcloud.plugin.types.compute.base import NAMED, REGION, Compute, Regional, absolute, linked, v1


class RegionInstanceGroupManager(Compute):
    """Patched with what changed; named ports and the size have methods of their own."""

    def body(self, values: Json) -> Json | None:
        return {**(super().body(values) or {}), "targetSize": values.get("targetSize") or 0}

    def modify(self, values: Json, changed: set[str], olds: Json) -> None:
        path, body = self.fill(self.kind.path, values), self.body(values) or {}
        resized = "targetSize" in changed and "instanceFlexibilityPolicy" not in changed
        patched = changed - {"namedPorts", *(("targetSize",) if resized else ())}
        if patched_wires := list(self.wires(patched)):
            sent: Json = {"fingerprint": olds.get("fingerprint", "")}
            for name in patched_wires:
                wire.put(sent, name, wire.get(body, name))
            self.done(self.client.call(self.kind.api, "PATCH", path, sent), values)
        if "namedPorts" in changed:
            group = self.fill(f"{REGION}/instanceGroups/{{name}}/setNamedPorts", values)
            ports = {"namedPorts": body.get("namedPorts", [])}
            self.done(self.client.call(self.kind.api, "POST", group, ports), values)
        if resized:
            size = {"size": str(values.get("targetSize") or 0)}
            self.done(self.client.call(self.kind.api, "POST", f"{path}/resize", query=size), values)

    def outputs(self, answer: Json, values: Json) -> Json:
        outputs = super().outputs(answer, values)
        return {**outputs, "instanceGroup": v1(outputs.get("instanceGroup"))}


def _update_policy(value: Json | None) -> Json | None:
    if not value:
        return None
    moved_names = {f"{name}{kind}" for name in _LIMITS for kind in _KINDS_OF_LIMIT}
    policy: Json = {k: v for k, v in value.items() if k not in moved_names and v not in (None, "")}
    policy["minReadySec"] = value.get("minReadySec") or 0
    for name in _LIMITS:
        percent = value.get(f"{name}Percent") or 0
        fixed = value.get(f"{name}Fixed")
        if percent:
            policy[name] = {"percent": percent, "fixed": None}
        elif fixed is not None:
            policy[name] = {"fixed": fixed, "percent": None}
    return policy


_LIMITS = ("maxSurge", "maxUnavailable")
_KINDS_OF_LIMIT = ("Fixed", "Percent")


def _update_policy_shown(found: Json | None) -> Json | None:
    if not found:
        return None
    shown = {k: v for k, v in found.items() if k not in _LIMITS}
    for name in _LIMITS:
        limit = found.get(name) or {}
        shown |= {f"{name}{kind}": int(limit.get(kind.lower()) or 0) for kind in _KINDS_OF_LIMIT}
    return shown


def _zones(value: list[str] | None) -> list[Json] | None:
    return [{"zone": f"zones/{zone.rsplit('/', 1)[-1]}"} for zone in value] if value else None


def _zones_shown(found: list[Json] | None) -> list[str] | None:
    return [each["zone"].rsplit("/", 1)[-1] for each in found] if found else None


def _stateful(key: str) -> dict[str, Any]:
    """A list in Terraform, at Google's an object by device or interface."""

    def encode(value: list[Json] | None) -> Json:
        return {each.get(key) or "nic0": {"autoDelete": each.get("deleteRule")} for each in value or []}

    def decode(found: Json | None) -> list[Json]:
        return [{key: name, "deleteRule": rule.get("autoDelete")} for name, rule in (found or {}).items()]

    return {"encode": encode, "decode": decode}


def _selections(value: list[Json] | None) -> Json:
    return {each["name"]: _selection(each) for each in value or []}


def _selection(value: Json) -> Json:
    plain = {k: value[k] for k in ("machineTypes", "minCpuPlatform", "rank") if value.get(k)}
    if not value.get("disks"):
        return plain
    made = [{**disk, **{k: _pairs(disk[k]) for k in _PAIRED if disk.get(k)}} for disk in value["disks"]]
    return {**plain, "disks": disks.encode(made)}


_PAIRED = ("labels", "resourceManagerTags")


def _pairs(value: list[Json]) -> dict[str, str]:
    return {pair["key"]: pair["value"] for pair in value}


def _selections_shown(found: Json | None) -> list[Json]:
    return [_selection_shown(name, selection) for name, selection in sorted((found or {}).items())]


def _selection_shown(name: str, found: Json) -> Json:
    shown = {"name": name, **{k: found.get(k) for k in ("machineTypes", "minCpuPlatform", "rank")}}
    listed = [
        {**disk, **{k: [{"key": a, "value": b} for a, b in (disk.get(k) or {}).items()] for k in _PAIRED}}
        for disk in disks.decode(found.get("disks"))
    ]
    return {**shown, "disks": listed}


def _first(value: list[Json] | None) -> Json | None:
    return value[0] if value else None


class RegionAutoscaler(Regional):
    """Changed at its collection, by name."""

    references = ()

    def body(self, values: Json) -> Json | None:
        body: Json = super().body(values) or {}
        return {**body, "target": absolute(self, body.get("target"), values)}

    def modify(self, values: Json, changed: set[str], olds: Json) -> None:
        if self.mask(changed):
            path = self.fill(f"{REGION}/autoscalers", values)
            query = {"autoscaler": values["name"]}
            self.done(self.client.call(self.kind.api, "PUT", path, self.body(values), query), values)

    def outputs(self, answer: Json, values: Json) -> Json:
        outputs = super().outputs(answer, values)
        return {**outputs, "target": v1(outputs["target"])}


def _schedules(value: list[Json] | None) -> Json:
    return {
        each["name"]: {
            "disabled": False,
            **{k: v for k, v in each.items() if k != "name" and v not in (None, "")},
        }
        for each in value or []
    }


def _schedules_shown(found: Json | None) -> list[Json]:
    return [{"name": name, **schedule} for name, schedule in (found or {}).items()]


_POLICY = "autoscalingPolicy"
_LIFECYCLE = "instanceLifecyclePolicy"

KINDS = (
    Kind(
        token="gcp:compute/regionInstanceGroupManager:RegionInstanceGroupManager",
        api="compute",
        path=f"{REGION}/instanceGroupManagers/{{name}}",
        behaviour=RegionInstanceGroupManager,
        mask=False,
        defaults={
            "listManagedInstancesResults": "PAGELESS",
            "waitForInstances": False,
            "waitForInstancesStatus": "STABLE",
            f"{_LIFECYCLE}.defaultActionOnFailure": "REPAIR",
            f"{_LIFECYCLE}.forceUpdateOnRepair": "NO",
            f"{_LIFECYCLE}.onFailedHealthCheck": "DEFAULT_ACTION",
            f"{_LIFECYCLE}.onRepair.allowChangingZone": "NO",
            "statefulDisks.deleteRule": "NEVER",
            "statefulExternalIps.deleteRule": "NEVER",
            "statefulInternalIps.deleteRule": "NEVER",
            "instanceFlexibilityPolicy.instanceSelections.disks.autoDelete": True,
            "instanceFlexibilityPolicy.instanceSelections.disks.boot": False,
        },
        fields={
            **NAMED,
            "allInstancesConfig": moved("allInstancesConfig.properties"),
            "autoHealingPolicies": Field(encode=lambda value: [value] if value else None),
            "distributionPolicyTargetShape": moved("distributionPolicy.targetShape"),
            "distributionPolicyZones": moved("distributionPolicy.zones", encode=_zones, decode=_zones_shown),
            "instanceFlexibilityPolicy.instanceSelections": Field(
                encode=_selections, decode=_selections_shown
            ),
            "instanceGroupManagerId": moved("id"),
            "params": Field(update=False, written=True),
            "statefulDisks": moved("statefulPolicy.preservedState.disks", **_stateful("deviceName")),
            "statefulExternalIps": moved(
                "statefulPolicy.preservedState.externalIPs", **_stateful("interfaceName")
            ),
            "statefulInternalIps": moved(
                "statefulPolicy.preservedState.internalIPs", **_stateful("interfaceName")
            ),
            "targetSizePolicies": moved("targetSizePolicy", encode=_first),
            "updatePolicy": Field(encode=_update_policy, decode=_update_policy_shown),
            "waitForInstances": local(False),
            "waitForInstancesStatus": local("STABLE"),
        },
        replace=frozenset(
            {
                "baseInstanceName",
                "description",
                "distributionPolicyZones",
                "params",
                "targetSizePolicies.mode",
            }
        ),
        computed=frozenset(
            {
                "distributionPolicyTargetShape",
                "distributionPolicyZones",
                _LIFECYCLE,
                "standbyPolicy",
                "targetSize",
                "targetSizePolicies",
                "targetStoppedSize",
                "targetSuspendedSize",
                "updatePolicy",
            }
        ),
        equal={
            **linked("versions.instanceTemplate", "autoHealingPolicies.healthCheck"),
            "namedPorts": as_set,
            "statefulDisks": as_set,
            "distributionPolicyZones": as_set,
        },
    ),
    Kind(
        token="gcp:compute/regionAutoscaler:RegionAutoscaler",
        api="compute",
        path=f"{REGION}/autoscalers/{{name}}",
        behaviour=RegionAutoscaler,
        mask=False,
        defaults={
            f"{_POLICY}.cooldownPeriod": 60,
            f"{_POLICY}.mode": "ON",
            f"{_POLICY}.cpuUtilization.predictiveMethod": "NONE",
            f"{_POLICY}.scalingSchedules.disabled": False,
            f"{_POLICY}.scalingSchedules.timeZone": "UTC",
        },
        fields={
            **NAMED,
            f"{_POLICY}.cooldownPeriod": moved("coolDownPeriodSec"),
            f"{_POLICY}.cpuUtilization.target": moved("utilizationTarget"),
            f"{_POLICY}.loadBalancingUtilization.target": moved("utilizationTarget"),
            f"{_POLICY}.maxReplicas": moved("maxNumReplicas"),
            f"{_POLICY}.metrics": moved("customMetricUtilizations"),
            f"{_POLICY}.metrics.name": moved("metric"),
            f"{_POLICY}.metrics.target": moved("utilizationTarget"),
            f"{_POLICY}.metrics.type": moved("utilizationTargetType"),
            f"{_POLICY}.minReplicas": moved("minNumReplicas", always=0),
            f"{_POLICY}.scalingSchedules": Field(encode=_schedules, decode=_schedules_shown),
            f"{_POLICY}.stabilizationPeriod": moved("stabilizationPeriodSec"),
        },
        computed=frozenset({f"{_POLICY}.cpuUtilization"}),
        equal=linked("target"),
    ),
)
