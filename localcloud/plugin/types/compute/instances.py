"""Instance templates, global and regional: https://cloud.google.com/compute/docs/instance-templates"""

from __future__ import annotations

import json
import re
import secrets
from typing import Any

from localcloud.plugin.kinds import Field, Json, Kind, local, moved
from localcloud.plugin.types.compute import disks
from localcloud.plugin.types.compute.base import GLOBAL, LINK, NAMED, REGION, Settable, full, linked

_SCRIPT = "startup-script"


class InstanceTemplate(Settable):
    """Never changed: everything but what only the provider knows makes a new one."""

    def create(self, inputs: Json) -> tuple[str, Json]:
        """A prefix stands for a name that is made up at creation."""
        if inputs.get("namePrefix") and not inputs.get("name"):
            inputs = {**inputs, "name": f"{inputs['namePrefix']}{secrets.token_hex(8)}"}
        return super().create(inputs)

    def resolve(self, inputs: Json, olds: Json | None = None) -> Json:
        return {**({"name": olds["name"]} if olds else {}), **super().resolve(inputs, olds)}

    def body(self, values: Json) -> Json | None:
        body: Json = super().body(values) or {}
        properties = body.setdefault("properties", {})
        properties["metadata"] = _metadata(values)
        nics = [self._interface(nic, values) for nic in properties.get("networkInterfaces", [])]
        return {**body, "properties": {**properties, **({"networkInterfaces": nics} if nics else {})}}

    def _interface(self, nic: Json, values: Json) -> Json:
        """Names in full; an access configuration says what it is."""
        project = nic.pop("subnetworkProject", None) or values["project"]
        region = self.fill("{region|base}", values) if values.get("region") else None
        if "network" in nic:
            nic["network"] = full(nic["network"], self.fill(f"{GLOBAL}/networks", values))
        if "subnetwork" in nic and region:
            nic["subnetwork"] = full(nic["subnetwork"], f"projects/{project}/regions/{region}/subnetworks")
        if "accessConfigs" in nic:
            nic["accessConfigs"] = [{"type": "ONE_TO_ONE_NAT", **each} for each in nic["accessConfigs"]]
        return nic

    def labelled(self, values: Json) -> Json:
        return {**values, "labels": self.all_labels(values)}

    def outputs(self, answer: Json, values: Json) -> Json:
        labels = (answer.get("properties") or {}).get("labels") or {}
        outputs = super().outputs({**answer, "labels": labels}, values)
        link = LINK.sub(r"\1/v1/", str(answer.get("selfLink", "")))
        for nic in outputs.get("networkInterfaces") or []:
            nic["subnetworkProject"] = _project(nic.get("subnetwork"))
        outputs["metadata"] = _shown(answer, bool(outputs.get("metadataStartupScript")))
        if "selfLinkUnique" in self.names.all:
            outputs["selfLinkUnique"] = f"{link}?uniqueId={answer.get('id')}"
        return {**outputs, "selfLink": link}


def _metadata(values: Json) -> Json:
    found = {**(values.get("metadata") or {})}
    if values.get("metadataStartupScript"):
        found[_SCRIPT] = values["metadataStartupScript"]
    items = [{"key": key, "value": found[key]} for key in sorted(found)]
    return {"items": items} if items else {}


def _shown(answer: Json, has_script: bool) -> dict[str, str] | None:
    metadata = (answer.get("properties") or {}).get("metadata") or {}
    items = {item["key"]: item.get("value", "") for item in metadata.get("items") or []}
    if has_script:
        items.pop(_SCRIPT, None)
    return items or None


def _project(link: Any) -> str:
    """The project that a subnetwork's link names."""
    found = re.search(r"projects/([^/]+)/", str(link or ""))
    return found.group(1) if found else ""


def _partners(value: dict[str, str] | None) -> Json:
    return {name: json.loads(text) for name, text in (value or {}).items()}


def _partners_shown(found: Json | None) -> dict[str, str] | None:
    return {name: json.dumps(entries) for name, entries in (found or {}).items()} or None


def _affinity(value: Json | None) -> Json | None:
    if not value:
        return None
    return {"consumeReservationType": value["type"], **(value.get("specificReservation") or {})}


def _affinity_shown(found: Json | None) -> Json | None:
    if not found:
        return None
    specific = {"key": found["key"], "values": found.get("values", [])} if found.get("key") else None
    return {"type": found.get("consumeReservationType"), "specificReservation": specific}


def _account(value: Json | None) -> list[Json] | None:
    if not value:
        return None
    scopes = [_scope(scope) for scope in value.get("scopes") or []]
    return [{"email": value.get("email") or "default", "scopes": sorted(scopes)}]


def _scope(name: str) -> str:
    names = {"logging-write": "logging.write", "monitoring-write": "monitoring.write"}
    short = names.get(name, {"storage-ro": "devstorage.read_only"}.get(name, name))
    return name if name.startswith("https://") else f"https://www.googleapis.com/auth/{short}"


def _account_shown(found: Any) -> Json | None:
    return {"email": found[0].get("email"), "scopes": found[0].get("scopes", [])} if found else None


def _recovery(value: list[Json] | None) -> Json | None:
    return {k: str(v) if k == "seconds" else v for k, v in value[0].items()} if value else None


_NICS = "networkInterfaces"
_ALWAYS_SHIELDED = {"enableSecureBoot": False, "enableVtpm": True, "enableIntegrityMonitoring": True}
_FIELDS = {
    **NAMED,
    "namePrefix": local(),
    "region": Field(wire=None),
    "advancedMachineFeatures": moved("properties.advancedMachineFeatures"),
    "canIpForward": moved("properties.canIpForward"),
    "confidentialInstanceConfig": moved("properties.confidentialInstanceConfig"),
    "disks": moved("properties.disks", encode=disks.encode, decode=disks.decode),
    "enableDisplay": moved("properties.displayDevice.enableDisplay"),
    "guestAccelerators": moved("properties.guestAccelerators"),
    "guestAccelerators.count": moved("acceleratorCount"),
    "guestAccelerators.type": moved("acceleratorType"),
    "instanceDescription": moved("properties.description"),
    "keyRevocationActionType": moved("properties.keyRevocationActionType"),
    "labels": moved("properties.labels"),
    "machineType": moved("properties.machineType"),
    "metadata": local(),
    "metadataFingerprint": moved("properties.metadata.fingerprint"),
    "metadataStartupScript": local(""),
    "minCpuPlatform": moved("properties.minCpuPlatform"),
    _NICS: moved("properties.networkInterfaces"),
    f"{_NICS}.accessConfigs.natIp": moved("natIP"),
    f"{_NICS}.networkIp": moved("networkIP"),
    "networkPerformanceConfig": moved("properties.networkPerformanceConfig"),
    "numericId": moved("id"),
    "partnerMetadata": moved("properties.partnerMetadata", encode=_partners, decode=_partners_shown),
    "reservationAffinity": moved("properties.reservationAffinity", encode=_affinity, decode=_affinity_shown),
    "resourceManagerTags": moved("properties.resourceManagerTags", written=True),
    "resourcePolicies": moved("properties.resourcePolicies"),
    "scheduling": moved("properties.scheduling"),
    "scheduling.automaticRestart": Field(always=False),
    "scheduling.localSsdRecoveryTimeouts": moved("localSsdRecoveryTimeout", encode=_recovery),
    "scheduling.preemptible": Field(always=False),
    "serviceAccount": moved("properties.serviceAccounts", encode=_account, decode=_account_shown),
    "shieldedInstanceConfig": moved("properties.shieldedInstanceConfig"),
    **{f"shieldedInstanceConfig.{name}": Field(always=False) for name in _ALWAYS_SHIELDED},
    "tags": moved("properties.tags.items"),
    "tagsFingerprint": moved("properties.tags.fingerprint"),
    "workloadIdentityConfig": moved("properties.workloadIdentityConfig"),
}
_DEFAULTS = {
    "canIpForward": False,
    "disks.autoDelete": True,
    "scheduling.automaticRestart": True,
    "scheduling.preemptible": False,
    **{f"shieldedInstanceConfig.{name}": value for name, value in _ALWAYS_SHIELDED.items()},
}
_FIXED = frozenset(
    {
        "advancedMachineFeatures",
        "canIpForward",
        "confidentialInstanceConfig",
        "description",
        "disks",
        "enableDisplay",
        "guestAccelerators",
        "instanceDescription",
        "keyRevocationActionType",
        "labels",
        "machineType",
        "metadata",
        "metadataStartupScript",
        "minCpuPlatform",
        "namePrefix",
        _NICS,
        "networkPerformanceConfig",
        "region",
        "reservationAffinity",
        "resourceManagerTags",
        "resourcePolicies",
        "scheduling",
        "serviceAccount",
        "shieldedInstanceConfig",
        "tags",
        "workloadIdentityConfig",
    }
)
_COMPUTED = frozenset(
    {
        "confidentialInstanceConfig",
        "scheduling",
        "shieldedInstanceConfig",
        *(f"{_NICS}.{name}" for name in ("network", "subnetwork", "subnetworkProject", "stackType")),
        *(f"disks.{name}" for name in ("boot", "deviceName", "diskSizeGb", "diskType", "mode", "type")),
    }
)
_EQUAL = linked(f"{_NICS}.network", f"{_NICS}.subnetwork", "guestAccelerators.type")

KINDS = (
    Kind(
        token="gcp:compute/instanceTemplate:InstanceTemplate",
        api="compute",
        path=f"{GLOBAL}/instanceTemplates/{{name}}",
        behaviour=InstanceTemplate,
        mask=False,
        defaults=_DEFAULTS,
        fields=_FIELDS,
        replace=_FIXED,
        computed=_COMPUTED,
        equal=_EQUAL,
    ),
    Kind(
        token="gcp:compute/regionInstanceTemplate:RegionInstanceTemplate",
        api="compute",
        path=f"{REGION}/instanceTemplates/{{name}}",
        read_query={"view": "FULL"},
        behaviour=InstanceTemplate,
        mask=False,
        defaults=_DEFAULTS,
        fields=_FIELDS,
        replace=_FIXED,
        computed=_COMPUTED,
        equal=_EQUAL,
    ),
)
