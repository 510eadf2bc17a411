"""Instances: https://cloud.google.com/sql/docs/postgres/admin-api/rest/v1beta4/instances"""

from __future__ import annotations

from typing import Any

from localcloud.plugin.client import GoogleError
from localcloud.plugin.crud import Refused
from localcloud.plugin.diff import as_set, reference
from localcloud.plugin.kinds import Field, Json, Kind, always, local, moved, zero
from localcloud.plugin.types.sql.base import Sql


class Instance(Sql):
    """Create checks private service access first; update is a PUT that merges."""

    def body(self, values: Json) -> Json | None:
        """`requireSsl` gave way to `sslMode`, but the published provider still names it."""
        body = super().body(values) or {}
        if "ipConfiguration" in body.get("settings", {}):
            body["settings"]["ipConfiguration"].setdefault("requireSsl", None)
        return body

    def insert(self, values: Json) -> Json:
        self._require_private_access(values)
        body = {**(self.body(values) or {}), "name": values["name"]}
        if values.get("clone"):
            return self._clone(values, body)
        path = self.fill("projects/{project}/instances", values)
        answer = self.client.call(self.kind.api, "POST", path, body)
        self.done(answer, values)
        return {}

    def after_create(self, values: Json) -> None:
        """On MySQL, Google makes a `root` that may come from anywhere: it is looked for, and removed."""
        if values.get("masterInstanceName") or values.get("clone"):
            return
        path = self.fill(f"{self.kind.path}/users", values)
        users = self.client.call(self.kind.api, "GET", path).get("items", [])
        if any(u["name"] == "root" and u.get("host") == "%" for u in users):
            query = {"host": "%", "name": "root"}
            self.done(self.client.call(self.kind.api, "DELETE", path, query=query), values)

    def fetch(self, values: Json) -> Json | None:
        """Google answers 403 for an instance that does not exist."""
        try:
            return super().fetch(values)
        except GoogleError as error:
            if error.status == 403 and "not exist" in error.message:
                return None
            raise

    def modify(self, values: Json, changed: set[str], olds: Json) -> None:
        if "databaseVersion" in changed:
            self._patch(values, {"databaseVersion": values["databaseVersion"]})
        if _becomes_primary(values, olds):
            self._take_over(values, olds)
            answer = self.fetch(values) or {}
            olds = {**olds, "settings": self.outputs(answer, values)["settings"]}
        if changed & {"settings", "maintenanceVersion", "instanceType", "replicationCluster", "nodeCount"}:
            body = {"settings": self._settings(values, olds), "instanceType": self._type(values, olds)}
            body |= _cluster(values)
            answer = self.client.call(self.kind.api, "PUT", self.fill(self.kind.path, values), body)
            self.done(answer, values)
        if "rootPassword" in changed and values.get("rootPassword"):
            path = self.fill(f"{self.kind.path}/users", values)
            body = {"name": "postgres", "password": values["rootPassword"]}
            self.done(self.client.call(self.kind.api, "PUT", path, body, {"name": "postgres"}), values)

    def outputs(self, answer: Json, values: Json) -> Json:
        outputs = super().outputs(answer, values)
        addresses = {a.get("type"): a.get("ipAddress", "") for a in reversed(answer.get("ipAddresses") or [])}
        outputs["firstIpAddress"] = next((a["ipAddress"] for a in answer.get("ipAddresses") or []), "")
        outputs |= {
            "privateIpAddress": addresses.get("PRIVATE", ""),
            "publicIpAddress": addresses.get("PRIMARY", ""),
        }
        if outputs.get("settings"):
            availability = outputs["settings"]["availabilityType"]
            outputs["settings"]["effectiveAvailabilityType"] = availability
        return outputs

    def remove(self, values: Json) -> None:
        query = {"finalBackupDescription": values.get("finalBackupDescription") or ""}
        answer = self.client.call(self.kind.api, "DELETE", self.fill(self.kind.path, values), query=query)
        self.done(answer, values)

    def parse(self, id: str) -> Json:
        return super().parse(id if "/" in id else f"{self.client.config.project}/{id}")

    def id(self, values: Json) -> str:
        return str(values["name"])

    def _require_private_access(self, values: Json) -> None:
        network = ((values.get("settings") or {}).get("ipConfiguration") or {}).get("privateNetwork")
        if not network:
            return
        parts = network.split("/")
        project = parts[parts.index("projects") + 1] if "projects" in parts else values["project"]
        number = self.client.call("resourceManager", "GET", f"projects/{project}")["projectNumber"]
        query = {"network": f"projects/{number}/global/networks/{parts[-1]}"}
        path = "services/servicenetworking.googleapis.com/connections"
        if not self.client.call("serviceNetworking", "GET", path, query=query).get("connections"):
            raise Refused(
                f"{network} has no private connection: create gcp.servicenetworking.Connection first"
            )

    def _clone(self, values: Json, body: Json) -> Json:
        """https://cloud.google.com/sql/docs/postgres/admin-api/rest/v1beta4/instances/clone"""
        given = values["clone"]
        times = {"pointInTime": given.get("pointInTime"), "preferredZone": given.get("preferredZone")}
        context = {"destinationInstanceName": values["name"], **{k: v for k, v in times.items() if v}}
        if given.get("databaseNames"):
            context["databaseNames"] = given["databaseNames"]
        if given.get("allocatedIpRange"):
            context["allocatedIpRange"] = given["allocatedIpRange"]
        source = given.get("sourceProject") or values["project"]
        path = f"projects/{source}/instances/{given['sourceInstanceName']}/clone"
        self.done(self.client.call(self.kind.api, "POST", path, {"cloneContext": context}), values)
        found = self.fetch(values) or {}
        wanted = {
            **body.get("settings", {}),
            "settingsVersion": found.get("settings", {}).get("settingsVersion"),
        }
        answer = self.client.call(
            self.kind.api, "PUT", self.fill(self.kind.path, values), {"settings": wanted}
        )
        self.done(answer, values)
        return {}

    def _take_over(self, values: Json, olds: Json) -> None:
        """A replica becomes a primary: with the old one as its replica, or alone."""
        if values.get("masterInstanceName") or values.get("replicaConfiguration"):
            raise Refused(
                f"{values['name']}: a replica is promoted by instanceType CLOUD_SQL_INSTANCE and the "
                "removal of masterInstanceName and replicaConfiguration"
            )
        switch = olds.get("masterInstanceName") in (values.get("replicaNames") or [])
        path = self.fill(f"{self.kind.path}/{'switchover' if switch else 'promoteReplica'}", values)
        self.done(self.client.call(self.kind.api, "POST", path), values)

    def _patch(self, values: Json, body: Json) -> None:
        self.done(self.client.call(self.kind.api, "PATCH", self.fill(self.kind.path, values), body), values)

    def _settings(self, values: Json, olds: Json) -> Json:
        """The program's settings, and what Google chose where the program left it."""
        wanted = (self.body(values) or {}).get("settings", {})
        kept = self.body({"settings": olds.get("settings") or {}}) or {}
        chosen = {
            k: v for k, v in kept.get("settings", {}).items() if k in _CHOSEN and v not in (None, "", [])
        }
        version = {"settingsVersion": str((olds.get("settings") or {}).get("version", ""))}
        return {**chosen, **wanted, **version}

    def _type(self, values: Json, olds: Json) -> str:
        return str(values.get("instanceType") or olds.get("instanceType") or "CLOUD_SQL_INSTANCE")


_CHOSEN = frozenset(
    {"connectorEnforcement", "dataCacheConfig", "dataDiskSizeGb", "dataDiskType", "locationPreference"}
)


def _becomes_primary(values: Json, olds: Json) -> bool:
    return (
        olds.get("instanceType") == "READ_REPLICA_INSTANCE"
        and values.get("instanceType") == "CLOUD_SQL_INSTANCE"
    )


def _cluster(values: Json) -> Json:
    given = values.get("replicationCluster") or {}
    named = {k: given[k] for k in ("failoverDrReplicaName", "psaWriteEndpoint") if given.get(k)}
    return {"replicationCluster": named} if named else {}


def _text(value: Any) -> Any:
    return str(value) if value else None


def _last(value: Any) -> Any:
    return str(value).rsplit(":", 1)[-1] if value else ""


def _listed(value: Any) -> Any:
    """At most one to the program, a list to Google."""
    return [value] if value else None


def _single(value: Any) -> Any:
    """A set of at most one to the program, an object to Google."""
    return value[0] if value else None


_S = "settings"
_SETTINGS = {
    f"{_S}.diskAutoresize": moved("storageAutoResize", always=False),
    f"{_S}.diskAutoresizeLimit": moved("storageAutoResizeLimit", encode=_text),
    f"{_S}.diskSize": moved("dataDiskSizeGb", encode=_text),
    f"{_S}.diskType": moved("dataDiskType"),
    f"{_S}.version": moved("settingsVersion", encode=lambda v: None),
    f"{_S}.effectiveAvailabilityType": Field(wire=None),
    f"{_S}.enableDataplexIntegration": always(False),
    f"{_S}.enableGoogleMlIntegration": always(False),
    f"{_S}.retainBackupsOnDelete": always(False),
    f"{_S}.userLabels": zero({}),
    f"{_S}.denyMaintenancePeriod": moved("denyMaintenancePeriods", encode=_listed),
    f"{_S}.connectionPoolConfigs": moved("connectionPoolConfig", encode=_single),
    f"{_S}.ipConfiguration.pscConfigs": moved("pscConfig", encode=_single),
    f"{_S}.dataCacheConfig": Field(keep=True, zero={"dataCacheEnabled": False}),
    f"{_S}.replicationLagMaxSeconds": zero(None),
    f"{_S}.ipConfiguration.ipv4Enabled": always(False),
    f"{_S}.ipConfiguration.enablePrivatePathForGoogleCloudServices": always(False),
    f"{_S}.backupConfiguration.binaryLogEnabled": always(False),
    f"{_S}.backupConfiguration.enabled": always(False),
    f"{_S}.backupConfiguration.pointInTimeRecoveryEnabled": always(False),
    f"{_S}.insightsConfig.enhancedQueryInsightsEnabled": always(False),
    f"{_S}.insightsConfig.queryInsightsEnabled": always(False),
    f"{_S}.readPoolAutoScaleConfig": Field(
        keep=True,
        zero=dict.fromkeys(("disableScaleIn", "enabled"), False)
        | dict.fromkeys(
            ("maxNodeCount", "minNodeCount", "scaleInCooldownSeconds", "scaleOutCooldownSeconds"), 0
        )
        | {"targetMetrics": []},
    ),
}
_GOOGLE_CHOOSES = (
    "backupConfiguration",
    "connectorEnforcement",
    "dataCacheConfig",
    "diskSize",
    "diskType",
    "edition",
    "insightsConfig",
    "locationPreference",
    "readPoolAutoScaleConfig",
    "userLabels",
    "version",
    "ipConfiguration.serverCaMode",
    "effectiveAvailabilityType",
    "dataDiskProvisionedIops",
    "dataDiskProvisionedThroughput",
)
_ONLY_OURS = (
    "clone",
    "deletionProtection",
    "finalBackupDescription",
    "includeReplicasForMajorVersionUpgrade",
    "pointInTimeRestoreContext",
    "restoreBackupContext",
    "rootPasswordWo",
    "rootPasswordWoVersion",
    "backupdrBackup",
    "switchTransactionLogsToCloudStorageEnabled",
)

KINDS = (
    Kind(
        token="gcp:sql/databaseInstance:DatabaseInstance",
        api="sql",
        path="projects/{project}/instances/{name}",
        behaviour=Instance,
        protection="deletionProtection",
        defaults={
            "deletionProtection": True,
            f"{_S}.activationPolicy": "ALWAYS",
            f"{_S}.availabilityType": "ZONAL",
            f"{_S}.pricingPlan": "PER_USE",
            f"{_S}.diskAutoresize": True,
        },
        fields={
            **_SETTINGS,
            **{name: local() for name in _ONLY_OURS},
            "region": Field(),
            "encryptionKeyName": moved("diskEncryptionConfiguration.kmsKeyName", zero=None),
            "rootPassword": Field(written=True, zero=None),
            "masterInstanceName": Field(decode=_last),
            "serverCaCerts": moved("serverCaCert"),
            "ipAddresses": moved("ipAddresses"),
            "availableMaintenanceVersions": zero([]),
            "replicaNames": Field(zero=[], encode=lambda value: None),
            "replicaConfiguration": Field(written=True),
            "replicationCluster": Field(
                keep=True, zero={"drReplica": False, "failoverDrReplicaName": "", "psaWriteEndpoint": ""}
            ),
        },
        computed=frozenset(
            {
                "instanceType",
                "maintenanceVersion",
                "replicationCluster",
                "replicaNames",
                "encryptionKeyName",
                "nodeCount",
                *(f"{_S}.{name}" for name in _GOOGLE_CHOOSES),
            }
        ),
        equal={f"{_S}.databaseFlags": as_set, f"{_S}.ipConfiguration.privateNetwork": reference},
        replace=frozenset({"region", "encryptionKeyName", "clone", f"{_S}.timeZone", f"{_S}.collation"}),
    ),
)
