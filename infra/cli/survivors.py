"""What outlives a destroyed stack: what Google never deletes, and what is locked."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

_RESTORABLE = "deleted; can be restored for 30 days"
_KEPT_BY_GOOGLE = {
    "gcp:iam/workloadIdentityPool:WorkloadIdentityPool": _RESTORABLE,
    "gcp:iam/workloadIdentityPoolProvider:WorkloadIdentityPoolProvider": _RESTORABLE,
    "gcp:kms/cryptoKey:CryptoKey": "Google deletes no key; its versions are destroyed after their delay",
    "gcp:kms/keyRing:KeyRing": "Google deletes no key ring",
    "gcp:organizations/iAMCustomRole:IAMCustomRole": "deleted; can be restored for 7 days",
    "gcp:organizations/project:Project": "deleted with all that is in it; can be restored for 30 days",
    "gcp:servicenetworking/connection:Connection": "goes with its network",
}
_LOCKED = "locked or part of the audit trail"
_INSTANCE = "gcp:sql/databaseInstance:DatabaseInstance"


@dataclass(frozen=True)
class Survivor:
    type: str
    id: str
    why: str


def survivors(exported: dict[str, Any]) -> list[Survivor]:
    """Read from a stack's state before it is destroyed."""
    resources = exported["deployment"].get("resources") or []
    found = [
        Survivor(each["type"], each["id"], why)
        for each in resources
        if each.get("custom") and each.get("id") and (why := _why(each))
    ]
    return sorted(found, key=lambda survivor: (survivor.type, survivor.id))


def protected(exported: dict[str, Any]) -> list[str]:
    resources = exported["deployment"].get("resources") or []
    return [each["urn"].rsplit("::", 1)[-1] for each in resources if each.get("protect")]


def _why(resource: dict[str, Any]) -> str:
    """Why something is left of it; empty where nothing is."""
    if resource.get("retainOnDelete"):
        return _LOCKED
    if resource["type"] == _INSTANCE:
        return _backup(resource)
    return _KEPT_BY_GOOGLE.get(resource["type"], "")


def _backup(instance: dict[str, Any]) -> str:
    """https://cloud.google.com/sql/docs/postgres/backup-recovery/backups#final-backup"""
    settings = (instance.get("inputs") or {}).get("settings") or {}
    final = settings.get("finalBackupConfig") or {}
    if not final.get("enabled"):
        return ""
    return f"deleted; its final backup can be restored for {final['retentionDays']} days"
