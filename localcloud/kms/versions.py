"""Crypto key versions: their states, and what time does to them.

States: https://cloud.google.com/kms/docs/key-states. A version scheduled for destruction is destroyed
when the clock passes its time: at the next look at it, or by the sweep.
"""

from __future__ import annotations

from datetime import timedelta

from localcloud.api import ApiError, Json, not_found
from localcloud.cloud import Cloud
from localcloud.kms import ekm, material
from localcloud.kms.algorithms import algorithm, generate
from localcloud.timestamps import parse, seconds, stamp

API = "cloudkms"


def number(name: str) -> int:
    return int(name.rsplit("/", 1)[1])


def names(cloud: Cloud, key_name: str) -> list[str]:
    """Every version of a key, oldest first."""
    found = [v["name"] for v in cloud.store.list(API, key_name, "cryptoKeyVersions")]
    return sorted(found, key=number)


def create(cloud: Cloud, key: Json, given: Json | None = None) -> Json:
    """The next version of a key, with new material; behind a connection it is the external manager's."""
    template = key["versionTemplate"]
    given = given or {}
    external = ekm.version_fields(cloud, key, given)
    with cloud.store.transaction():
        taken = names(cloud, key["name"])
        name = f"{key['name']}/cryptoKeyVersions/{number(taken[-1]) + 1 if taken else 1}"
        now = stamp(cloud.clock.now())
        body: Json = {
            "name": name,
            "state": "DISABLED" if given.get("state") == "DISABLED" else "ENABLED",
            "protectionLevel": template["protectionLevel"],
            "algorithm": template["algorithm"],
            "createTime": now,
            "generateTime": now,
            **external,
        }
        material.keep(cloud, name, generate(algorithm(template["algorithm"])))
        cloud.store.put(API, name, body)
    return body


def load(cloud: Cloud, name: str) -> Json:
    """A version as it is now."""
    body = cloud.store.get(API, name)
    if body is None:
        raise not_found(name)
    if body["state"] == "DESTROY_SCHEDULED" and parse(body["destroyTime"]) <= cloud.clock.now():
        return _destroy_now(cloud, body)
    return body


def _destroy_now(cloud: Cloud, body: Json) -> Json:
    with cloud.store.transaction():
        material.erase(cloud, body["name"])
        body = {**body, "state": "DESTROYED", "destroyEventTime": body["destroyTime"]}
        cloud.store.put(API, body["name"], body)
    material.flush(cloud)
    return body


def set_state(cloud: Cloud, name: str, state: str) -> Json:
    """ENABLED or DISABLED, from one of these two."""
    body = load(cloud, name)
    if state not in ("ENABLED", "DISABLED"):
        raise ApiError(400, f"CryptoKeyVersion.state: {state!r} cannot be set; allowed: ENABLED, DISABLED.")
    if body["state"] not in ("ENABLED", "DISABLED"):
        raise _wrong_state(body, "ENABLED or DISABLED")
    body["state"] = state
    cloud.store.put(API, name, body)
    return body


def schedule(cloud: Cloud, name: str, after: str) -> Json:
    """Destroy when the key's waiting time is over."""
    body = load(cloud, name)
    if body["state"] not in ("ENABLED", "DISABLED"):
        raise _wrong_state(body, "ENABLED or DISABLED")
    body |= {
        "state": "DESTROY_SCHEDULED",
        "destroyTime": stamp(cloud.clock.now() + timedelta(seconds=seconds(after))),
    }
    cloud.store.put(API, name, body)
    return body


def restore(cloud: Cloud, name: str) -> Json:
    """Out of scheduled destruction, into DISABLED."""
    body = load(cloud, name)
    if body["state"] != "DESTROY_SCHEDULED":
        raise _wrong_state(body, "DESTROY_SCHEDULED")
    del body["destroyTime"]
    body["state"] = "DISABLED"
    cloud.store.put(API, name, body)
    return body


def usable(cloud: Cloud, name: str) -> Json:
    """The version, if it may be used: enabled, and no fault says otherwise."""
    body = load(cloud, name)
    state = body["state"]
    key_name = name.split("/cryptoKeyVersions/")[0]
    if body["protectionLevel"] == ekm.EXTERNAL_VPC:
        backend = (cloud.store.get(API, key_name) or {}).get("cryptoKeyBackend")
        if backend:
            ekm.require(cloud, backend)
    if cloud.faults.active("key-disabled", key_name):
        state = "DISABLED"
    if state != "ENABLED":
        raise ApiError(
            400,
            f"{name} is not enabled, current state is: {state}.",
            "FAILED_PRECONDITION",
            details=[
                {
                    "@type": "type.googleapis.com/google.rpc.PreconditionFailure",
                    "violations": [{"type": "KEY_" + state, "subject": name}],
                }
            ],
        )
    return body


def sweep(cloud: Cloud) -> None:
    """Destroy whatever is due; a deployed cloud does so without being asked."""
    for name in cloud.store.names(API):
        if "/cryptoKeyVersions/" in name:
            load(cloud, name)


def _wrong_state(body: Json, allowed: str) -> ApiError:
    return ApiError(
        400, f"{body['name']} has state {body['state']}; this needs {allowed}.", "FAILED_PRECONDITION"
    )
