"""Secret Manager: secrets, versions and their payloads.

https://cloud.google.com/secret-manager/docs/reference/rest. Payloads lie in a table of their own and are
overwritten when a version is destroyed; they appear in no resource, log or error. Left out: rotation
notices, delayed destruction (`versionDestroyTtl` is stored, destruction is immediate).
"""

from __future__ import annotations

import base64
import re
from datetime import timedelta
from typing import Any

from localcloud import cmek, generic, projects
from localcloud.agents import agent
from localcloud.api import ApiError, Call, Json, not_found
from localcloud.cloud import Cloud
from localcloud.kms import material
from localcloud.kms.checksum import crc32c, field_bytes
from localcloud.pages import page
from localcloud.registry import behaviour
from localcloud.timestamps import parse, seconds, stamp

API = "secretmanager"
_BOTH = ("secretmanager.projects.secrets", "secretmanager.projects.locations.secrets")
_ID = re.compile(r"[a-zA-Z0-9_-]{1,255}")
_LARGEST = 64 * 1024
_TABLE = (
    "CREATE TABLE IF NOT EXISTS secret_payload(version TEXT PRIMARY KEY, data BLOB NOT NULL) WITHOUT ROWID"
)


def _methods(suffix: str) -> tuple[str, ...]:
    """A method of global and of regional secrets."""
    return tuple(f"{prefix}.{suffix}" for prefix in _BOTH)


@behaviour(*_methods("create"))
def create(cloud: Cloud, call: Call) -> Any:
    identifier = call.query.get("secretId", "")
    if not _ID.fullmatch(identifier):
        raise ApiError(
            400, f"Invalid secretId {identifier!r}: allowed are 1 to 255 letters, digits, '_' and '-'."
        )
    body = call.body or {}
    if "locations" not in call.name.split("/") and not _replication(body):
        raise ApiError(400, "Secret.replication must be 'automatic' or 'userManaged'.")
    _require_keys(cloud, f"{call.name}/{identifier}", body)
    name, secret = generic.insert(cloud, call)
    if "ttl" in secret:
        secret["expireTime"] = stamp(cloud.clock.now() + timedelta(seconds=seconds(secret.pop("ttl"), "ttl")))
        cloud.store.put(API, name, secret)
    return secret


def _replication(secret: Json) -> Json:
    """The replication that was chosen; the provider sends the other one as null."""
    given = secret.get("replication") or {}
    return {kind: given[kind] for kind in ("automatic", "userManaged") if given.get(kind) is not None}


def _keys(name: str, secret: Json) -> list[tuple[str, str]]:
    """Keys that protect a secret, each with the location it must be in."""
    chosen = _replication(secret)
    found = [
        (replica.get("customerManagedEncryption"), replica["location"])
        for replica in chosen.get("userManaged", {}).get("replicas", ())
    ]
    found.append((chosen.get("automatic", {}).get("customerManagedEncryption"), "global"))
    found.append((secret.get("customerManagedEncryption"), name.split("/")[3]))
    return [(key["kmsKeyName"], location) for key, location in found if key and key.get("kmsKeyName")]


def _require_keys(cloud: Cloud, name: str, secret: Json) -> None:
    for key, location in _keys(name, secret):
        member = f"serviceAccount:{agent(API, projects.number(cloud, name.split('/')[1]))}"
        cmek.require_key(cloud, key, location, member)


def load(cloud: Cloud, name: str) -> Json:
    """A secret that has not expired."""
    secret = cloud.store.get(API, name)
    if secret is None or ("expireTime" in secret and parse(secret["expireTime"]) <= cloud.clock.now()):
        raise ApiError(404, f"Secret [{name}] not found.", reason="notFound")
    return secret


@behaviour(*_methods("get"))
def get(cloud: Cloud, call: Call) -> Json:
    return load(cloud, call.name)


@behaviour(*_methods("patch"))
def patch(cloud: Cloud, call: Call) -> Any:
    load(cloud, call.name)
    with cloud.store.transaction():
        secret = generic.change(cloud, call)
        _require_keys(cloud, call.name, secret)
    return secret


@behaviour(*_methods("delete"))
def delete(cloud: Cloud, call: Call) -> Any:
    load(cloud, call.name)
    with cloud.store.transaction():
        answer = generic.delete(cloud, call)
        for name in _payloads(cloud, call.name):
            _erase(cloud, name)
    material.flush(cloud)
    return answer


@behaviour(*_methods("addVersion"), permission="secretmanager.versions.add")
def add_version(cloud: Cloud, call: Call) -> Json:
    payload = (call.body or {}).get("payload") or {}
    data, checked = field_bytes(payload, "data"), payload.get("dataCrc32c")
    if not data or len(data) > _LARGEST:
        raise ApiError(400, f"The payload has {len(data)} bytes; allowed: 1 to {_LARGEST}.")
    if checked is not None and str(checked) != crc32c(data):
        raise ApiError(400, "The payload's data_crc32c does not match its data.")
    with cloud.store.transaction() as db:
        secret = load(cloud, call.name)
        _require_keys(cloud, call.name, secret)
        version = _new_version(cloud, call.name, secret, checked is not None)
        db.execute(_TABLE)
        db.execute("INSERT INTO secret_payload VALUES (?,?)", (version["name"], data))
    return _shown(cloud, version)


def _new_version(cloud: Cloud, secret_name: str, secret: Json, checked: bool) -> Json:
    taken = _numbers(cloud, secret_name)
    name = f"{secret_name}/versions/{max(taken, default=0) + 1}"
    version: Json = {
        "name": name,
        "createTime": stamp(cloud.clock.now()),
        "state": "ENABLED",
        "etag": generic.new_etag(),
        "clientSpecifiedPayloadChecksum": checked,
    }
    if "automatic" in _replication(secret):
        version["replicationStatus"] = {"automatic": {}}
    elif replicas := _replication(secret).get("userManaged", {}).get("replicas"):
        version["replicationStatus"] = {
            "userManaged": {"replicas": [{"location": r["location"]} for r in replicas]}
        }
    cloud.store.put(API, name, version)
    return version


def _numbers(cloud: Cloud, secret_name: str) -> list[int]:
    found = cloud.store.list(API, secret_name, "versions")
    return sorted(int(version["name"].rsplit("/", 1)[1]) for version in found)


def _shown(cloud: Cloud, version: Json) -> Json:
    """Versions are named with the project's number, whichever way they were asked for."""
    _, project, rest = version["name"].split("/", 2)
    return {**version, "name": f"projects/{projects.number(cloud, project)}/{rest}"}


def _version(cloud: Cloud, name: str) -> Json:
    """A version by number, alias or `latest`."""
    secret_name, _, which = name.partition("/versions/")
    secret = load(cloud, secret_name)
    if which == "latest":
        numbers = _numbers(cloud, secret_name)
        which = str(numbers[-1]) if numbers else which
    which = str((secret.get("versionAliases") or {}).get(which, which))
    version = cloud.store.get(API, f"{secret_name}/versions/{which}")
    if version is None:
        raise ApiError(404, f"Secret Version [{name}] not found.", reason="notFound")
    return version


@behaviour(*_methods("versions.get"))
def get_version(cloud: Cloud, call: Call) -> Json:
    return _shown(cloud, _version(cloud, call.name))


@behaviour(*_methods("versions.list"))
def list_versions(cloud: Cloud, call: Call) -> Json:
    load(cloud, call.parent)
    found = [
        _shown(cloud, _version(cloud, f"{call.name}/{n}")) for n in reversed(_numbers(cloud, call.parent))
    ]
    wanted = re.fullmatch(r"\s*state\s*[:=]\s*(\w+)\s*", call.query.get("filter", ""))
    found = [version for version in found if wanted is None or version["state"] == wanted[1]]
    return {**page(call, "versions", found), "totalSize": len(found)}


@behaviour(*_methods("versions.access"), permission="secretmanager.versions.access")
def access(cloud: Cloud, call: Call) -> Json:
    version = _version(cloud, call.name)
    _require_keys(
        cloud,
        version["name"].partition("/versions/")[0],
        load(cloud, version["name"].partition("/versions/")[0]),
    )
    if version["state"] != "ENABLED":
        raise ApiError(
            400,
            f"Secret Version [{_shown(cloud, version)['name']}] is in {version['state']} state.",
            "FAILED_PRECONDITION",
        )
    with cloud.store.transaction() as db:
        db.execute(_TABLE)
        row = db.execute("SELECT data FROM secret_payload WHERE version=?", (version["name"],)).fetchone()
    if row is None:
        raise not_found(version["name"])
    payload = {"data": base64.b64encode(row[0]).decode(), "dataCrc32c": crc32c(row[0])}
    return {"name": _shown(cloud, version)["name"], "payload": payload}


@behaviour(*_methods("versions.enable"), permission="secretmanager.versions.enable")
def enable(cloud: Cloud, call: Call) -> Json:
    return _with_state(cloud, call, "ENABLED")


@behaviour(*_methods("versions.disable"), permission="secretmanager.versions.disable")
def disable(cloud: Cloud, call: Call) -> Json:
    return _with_state(cloud, call, "DISABLED")


@behaviour(*_methods("versions.destroy"), permission="secretmanager.versions.destroy")
def destroy(cloud: Cloud, call: Call) -> Json:
    with cloud.store.transaction():
        version = _with_state(cloud, call, "DESTROYED")
        _erase(cloud, _version(cloud, call.name)["name"])
    material.flush(cloud)
    return version


def _with_state(cloud: Cloud, call: Call, state: str) -> Json:
    with cloud.store.transaction():
        version = _version(cloud, call.name)
        given = (call.body or {}).get("etag")
        if given and given != version["etag"]:
            raise ApiError(409, f"The etag of {call.name} does not match.", "ABORTED", "aborted")
        if version["state"] == "DESTROYED":
            raise ApiError(
                400,
                f"Secret Version [{_shown(cloud, version)['name']}] is in DESTROYED state.",
                "FAILED_PRECONDITION",
            )
        if version["state"] != state:
            version |= {"state": state, "etag": generic.new_etag()}
            if state == "DESTROYED":
                version["destroyTime"] = stamp(cloud.clock.now())
            cloud.store.put(API, version["name"], version)
    return _shown(cloud, version)


def _payloads(cloud: Cloud, secret_name: str) -> list[str]:
    with cloud.store.transaction() as db:
        db.execute(_TABLE)
        rows = db.execute(
            "SELECT version FROM secret_payload WHERE version>? AND version<?",
            (f"{secret_name}/versions/", f"{secret_name}/versions0"),
        ).fetchall()
    return [row[0] for row in rows]


def _erase(cloud: Cloud, version: str) -> None:
    """Overwrite the payload where it lies."""
    with cloud.store.transaction() as db:
        db.execute("PRAGMA secure_delete=ON")
        db.execute(_TABLE)
        db.execute("DELETE FROM secret_payload WHERE version=?", (version,))
