"""What Cloud SQL adds to an instance that is asked for; nothing that was asked for is changed."""

from __future__ import annotations

import secrets
from datetime import datetime
from typing import Any

from localcloud.api import Json
from localcloud.postgres.addresses import Address
from localcloud.postgres.tls import fingerprint, validity

_AGENTS = "gcp-sa-cloud-sql.iam.gserviceaccount.com"
_INSTALLED = {"16": "16_14", "17": "17_4", "18": "18_4"}


def stamp(moment: datetime) -> str:
    return moment.strftime("%Y-%m-%dT%H:%M:%S.%f")[:-3] + "Z"


def etag() -> str:
    return secrets.token_hex(32)


def _settings(region: str) -> Json:
    return {
        "kind": "sql#settings",
        "settingsVersion": "1",
        "activationPolicy": "ALWAYS",
        "availabilityType": "ZONAL",
        "pricingPlan": "PER_USE",
        "replicationType": "SYNCHRONOUS",
        "connectorEnforcement": "NOT_REQUIRED",
        "dataDiskSizeGb": "10",
        "dataDiskType": "PD_SSD",
        "edition": "ENTERPRISE",
        "storageAutoResize": True,
        "storageAutoResizeLimit": "0",
        "tier": "db-custom-1-3840",
        "ipConfiguration": {"ipv4Enabled": True, "sslMode": "ALLOW_UNENCRYPTED_AND_ENCRYPTED"},
        "locationPreference": {"kind": "sql#locationPreference", "zone": f"{region}-a"},
        "backupConfiguration": {
            "kind": "sql#backupConfiguration",
            "enabled": False,
            "startTime": "00:00",
            "transactionLogRetentionDays": 7,
            "backupRetentionSettings": {"retainedBackups": 7, "retentionUnit": "COUNT"},
        },
    }


def certificate(pem: str, instance: str) -> Json:
    begin, end = validity(pem)
    return {
        "kind": "sql#sslCert",
        "cert": pem,
        "commonName": f"C=US,O=Careplane local,CN={instance}",
        "createTime": stamp(begin),
        "expirationTime": stamp(end),
        "sha1Fingerprint": fingerprint(pem),
        "instance": instance,
        "certSerialNumber": "0",
    }


def with_settings(body: Json) -> Json:
    """The body with every default setting that it leaves open; a setting that is an object is taken whole."""
    region = body.setdefault("region", "us-central1")
    given = {key: value for key, value in body.get("settings", {}).items() if value is not None}
    body["settings"] = _settings(region) | given
    return body


def addresses(settings: Json, address: Address) -> list[Json]:
    """What clients connect to. Both kinds are the one loopback address of the server."""
    ip = settings.get("ipConfiguration", {})
    host = address.host if address.port == 5432 else f"{address.host}:{address.port}"
    kinds = ["PRIMARY"] if ip.get("ipv4Enabled") else []
    kinds += ["PRIVATE"] if ip.get("privateNetwork") else []
    return [{"type": kind, "ipAddress": host} for kind in kinds]


def computed(body: Json, project: str, number: str, now: datetime, base: str) -> Json:
    """The fields that only the server writes."""
    name, region, version = body["name"], body["region"], body["databaseVersion"]
    installed = (
        f"POSTGRES_{_INSTALLED.get(version.removeprefix('POSTGRES_'), version.removeprefix('POSTGRES_'))}"
    )
    extra: Json = {
        "kind": "sql#instance",
        "project": project,
        "state": "RUNNABLE",
        "backendType": "SECOND_GEN",
        "instanceType": "READ_REPLICA_INSTANCE" if body.get("masterInstanceName") else "CLOUD_SQL_INSTANCE",
        "connectionName": f"{project}:{region}:{name}",
        "createTime": stamp(now),
        "databaseInstalledVersion": installed,
        "maintenanceVersion": f"{installed}.R20261101.00_00",
        "gceZone": f"{region}-a",
        "selfLink": f"{base}/projects/{project}/instances/{name}",
        "serviceAccountEmailAddress": f"p{number}-{secrets.token_hex(3)}@{_AGENTS}",
        "etag": etag(),
    }
    if body["settings"].get("availabilityType") == "REGIONAL":
        extra["secondaryGceZone"] = f"{region}-b"
    return body | extra


def merged(old: Any, new: Any) -> Any:
    """JSON merge patch (RFC 7396): null removes, objects merge, everything else replaces."""
    if not isinstance(old, dict) or not isinstance(new, dict):
        return new
    result = dict(old)
    for key, value in new.items():
        if value is None:
            result.pop(key, None)
        else:
            result[key] = merged(result.get(key, {}) if isinstance(value, dict) else None, value)
    return result
