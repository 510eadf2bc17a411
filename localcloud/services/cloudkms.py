"""Cloud KMS: key rings, keys and their versions.

https://cloud.google.com/kms/docs/reference/rest. Left out: import jobs, Autokey, post-quantum
algorithms. A key of protection level EXTERNAL or EXTERNAL_VPC has its material here (cloudkms_ekm.py).
"""

from __future__ import annotations

import re
import threading

from localcloud import cmek, merge
from localcloud.api import ApiError, Call, Json, already_exists, not_found
from localcloud.cloud import Cloud
from localcloud.kms import keys, versions
from localcloud.pages import page
from localcloud.registry import behaviour, on_fault, on_start, on_stop
from localcloud.timestamps import stamp

API = versions.API
_RINGS = "cloudkms.projects.locations.keyRings"
_KEYS = f"{_RINGS}.cryptoKeys"
_VERSIONS = f"{_KEYS}.cryptoKeyVersions"
_ID = re.compile(r"[a-zA-Z0-9_-]{1,63}")
_CHANGEABLE = {
    "labels",
    "rotationPeriod",
    "nextRotationTime",
    "versionTemplate",
    "keyAccessJustificationsPolicy",
}
_SWEEP_SECONDS = 30.0
_stopped = threading.Event()


def _new_name(call: Call, collection: str, query: str) -> str:
    """The name of the resource to be created, its id checked."""
    given = call.query.get(query, "")
    if not _ID.fullmatch(given):
        raise ApiError(400, f"Invalid {query} {given!r}: allowed are 1 to 63 letters, digits, '_' and '-'.")
    return f"{call.parent}/{collection}/{given}"


@behaviour(f"{_RINGS}.create")
def create_ring(cloud: Cloud, call: Call) -> Json:
    name = _new_name(call, "keyRings", "keyRingId")
    with cloud.store.transaction():
        if cloud.store.get(API, name) is not None:
            raise already_exists(name)
        ring = {**(call.body or {}), "name": name, "createTime": stamp(cloud.clock.now())}
        cloud.store.put(API, name, ring)
    return ring


@behaviour(f"{_RINGS}.delete", f"{_KEYS}.delete", f"{_VERSIONS}.delete")
def kept(cloud: Cloud, call: Call) -> Json:
    raise ApiError(
        501, f"{call.name}: key rings, keys and versions are kept for good; destroy the key's versions."
    )


@behaviour(f"{_KEYS}.create")
def create_key(cloud: Cloud, call: Call) -> Json:
    name = _new_name(call, "cryptoKeys", "cryptoKeyId")
    if cloud.store.get(API, call.parent) is None:
        raise not_found(call.parent)
    with cloud.store.transaction():
        if cloud.store.get(API, name) is not None:
            raise already_exists(name)
        skip = call.query.get("skipInitialVersionCreation", "false").lower() == "true"
        return keys.create(cloud, name, call.body or {}, first_version=not skip)


@behaviour(f"{_KEYS}.get")
def get_key(cloud: Cloud, call: Call) -> Json:
    return keys.load(cloud, call.name)


@behaviour(f"{_KEYS}.list")
def list_keys(cloud: Cloud, call: Call) -> Json:
    found = [keys.load(cloud, k["name"]) for k in cloud.store.list(API, call.parent, "cryptoKeys")]
    return page(call, "cryptoKeys", found)


@behaviour(f"{_KEYS}.patch")
def patch_key(cloud: Cloud, call: Call) -> Json:
    mask = [
        merge.camel(field.strip()) for field in call.query.get("updateMask", "").split(",") if field.strip()
    ]
    if not mask:
        raise ApiError(400, "updateMask must name at least one field.")
    if refused := [field for field in mask if field.split(".")[0] not in _CHANGEABLE]:
        raise ApiError(
            400,
            f"updateMask: {', '.join(refused)} cannot be changed; allowed: {', '.join(sorted(_CHANGEABLE))}.",
        )
    with cloud.store.transaction():
        key = merge.masked(keys.load(cloud, call.name), call.body or {}, ",".join(mask))
        if {"rotationPeriod", "nextRotationTime"} & set(mask):
            keys.check_schedule(cloud, key)
        cloud.store.put(API, call.name, key)
    return keys.load(cloud, call.name)


@behaviour(f"{_KEYS}.updatePrimaryVersion", permission="cloudkms.cryptoKeys.update")
def update_primary(cloud: Cloud, call: Call) -> Json:
    version = (call.body or {}).get("cryptoKeyVersionId")
    if not version or not str(version).isdigit():
        raise ApiError(400, "cryptoKeyVersionId must be the number of a version.")
    return keys.set_primary(cloud, call.name, str(version))


@behaviour(f"{_VERSIONS}.create")
def create_version(cloud: Cloud, call: Call) -> Json:
    return keys.add_version(cloud, call.parent, call.body or {})


@behaviour(f"{_VERSIONS}.get")
def get_version(cloud: Cloud, call: Call) -> Json:
    return versions.load(cloud, call.name)


@behaviour(f"{_VERSIONS}.list")
def list_versions(cloud: Cloud, call: Call) -> Json:
    parent = keys.load(cloud, call.parent)["name"]
    found = [versions.load(cloud, name) for name in versions.names(cloud, parent)]
    wanted = re.fullmatch(r"\s*state\s*[:=]\s*(\w+)\s*", call.query.get("filter", ""))
    return page(call, "cryptoKeyVersions", [v for v in found if wanted is None or v["state"] == wanted[1]])


@behaviour(f"{_VERSIONS}.patch", permission="cloudkms.cryptoKeyVersions.update")
def patch_version(cloud: Cloud, call: Call) -> Json:
    mask = set(filter(None, call.query.get("updateMask", "").split(",")))
    if not mask or mask - {"state", "externalProtectionLevelOptions"}:
        raise ApiError(
            400,
            f"updateMask: {call.query.get('updateMask')!r} is not allowed; allowed: state, "
            "externalProtectionLevelOptions.",
        )
    sent = call.body or {}
    if "externalProtectionLevelOptions" in mask:
        body = versions.load(cloud, call.name)
        body["externalProtectionLevelOptions"] = sent.get("externalProtectionLevelOptions") or {}
        cloud.store.put(API, call.name, body)
    if "state" in mask:
        versions.set_state(cloud, call.name, str(sent.get("state")))
    return _changed(cloud, versions.load(cloud, call.name))


@behaviour(f"{_VERSIONS}.destroy", permission="cloudkms.cryptoKeyVersions.destroy")
def destroy_version(cloud: Cloud, call: Call) -> Json:
    key = keys.load(cloud, cmek.key_of(call.name))
    return _changed(cloud, versions.schedule(cloud, call.name, key["destroyScheduledDuration"]))


@behaviour(f"{_VERSIONS}.restore", permission="cloudkms.cryptoKeyVersions.restore")
def restore_version(cloud: Cloud, call: Call) -> Json:
    return _changed(cloud, versions.restore(cloud, call.name))


def _changed(cloud: Cloud, version: Json) -> Json:
    cmek.announce(cloud, cmek.key_of(version["name"]))
    return version


@on_start
def start_sweep(cloud: Cloud) -> None:
    """Destroy what is due, now and from time to time."""
    _stopped.clear()

    def run() -> None:
        versions.sweep(cloud)
        while not _stopped.wait(_SWEEP_SECONDS):
            versions.sweep(cloud)

    threading.Thread(target=run, name="kms-sweep", daemon=True).start()


@on_stop
def stop_sweep(cloud: Cloud) -> None:
    _stopped.set()


@on_fault("key-disabled")
def key_fault(cloud: Cloud, key_name: str, fault: Json | None) -> None:
    """A fault stops what the key protects just as disabling it would."""
    cmek.announce(cloud, cmek.key_of(key_name))
