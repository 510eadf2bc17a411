"""Disks of an instance template, as one list in Terraform and with a block of their own at Google's."""

from __future__ import annotations

import re
from typing import Any

from localcloud.plugin.kinds import Json

_OWN = ("autoDelete", "boot", "deviceName", "interface", "mode", "source", "type")
"""Properties of the attachment; the rest is of the disk that is made for it."""

_INITIAL = (
    "architecture",
    "diskName",
    "diskSizeGb",
    "diskType",
    "labels",
    "provisionedIops",
    "provisionedThroughput",
    "resourceManagerTags",
    "sourceImage",
    "sourceSnapshot",
    "storagePool",
)
_KEYS = ("sourceImageEncryptionKey", "sourceSnapshotEncryptionKey")
_COUNTS = ("diskSizeGb", "provisionedIops", "provisionedThroughput")


def encode(disks: list[Json] | None) -> list[Json]:
    """The first disk is the boot disk unless the program says otherwise."""
    return [_encode(disk, n) for n, disk in enumerate(disks or [])]


def _encode(disk: Json, n: int) -> Json:
    own = {"type": "PERSISTENT", "mode": "READ_WRITE", "boot": n == 0, "autoDelete": True}
    own |= {k: disk[k] for k in _OWN if disk.get(k) not in (None, "")}
    if disk.get("diskEncryptionKey"):
        own["diskEncryptionKey"] = _key(disk["diskEncryptionKey"])
    if disk.get("guestOsFeatures"):
        own["guestOsFeatures"] = [{"type": feature} for feature in disk["guestOsFeatures"]]
    if disk.get("diskSizeGb"):
        own["diskSizeGb"] = str(disk["diskSizeGb"])
    return own if disk.get("source") else {**own, "initializeParams": _initial(disk)}


def _initial(disk: Json) -> Json:
    initial: Json = {k: disk[k] for k in _INITIAL if disk.get(k)}
    initial |= {k: str(initial[k]) for k in _COUNTS if k in initial}
    initial |= {k: _key(disk[k]) for k in _KEYS if disk.get(k)}
    if disk.get("resourcePolicies"):
        initial["resourcePolicies"] = [disk["resourcePolicies"]]
    if "sourceImage" in initial:
        initial["sourceImage"] = image(initial["sourceImage"])
    return initial


def image(name: str) -> str:
    """A shorthand such as `debian-cloud/debian-12` written out."""
    if found := re.fullmatch(r"([-\w]+)/([-\w.]+)", name):
        project, family = found.groups()
        kind = "images" if re.search(r"v\d{6,}", family) else "images/family"
        return f"projects/{project}/global/{kind}/{family}"
    return name


def _key(key: Json) -> Json:
    renamed = {"kmsKeySelfLink": "kmsKeyName"}
    return {renamed.get(k, k): v for k, v in key.items() if v}


def decode(found: list[Json] | None) -> list[Json]:
    return [_decode(disk) for disk in found or []]


def _decode(found: Json) -> Json:
    initial = found.get("initializeParams") or {}
    disk: Json = {k: found.get(k) for k in (*_OWN, "architecture")}
    disk |= {k: initial[k] for k in _INITIAL if k in initial}
    disk |= {k: int(disk[k]) for k in _COUNTS if disk.get(k)}
    disk["diskEncryptionKey"] = _shown(found.get("diskEncryptionKey"))
    disk |= {k: _shown(initial.get(k)) for k in _KEYS}
    disk["guestOsFeatures"] = [feature["type"] for feature in found.get("guestOsFeatures") or []]
    disk["resourcePolicies"] = next(iter(initial.get("resourcePolicies") or []), None)
    return disk


def _shown(key: Any) -> Json | None:
    renamed = {"kmsKeyName": "kmsKeySelfLink"}
    return {renamed.get(k, k): v for k, v in key.items()} if key else None
