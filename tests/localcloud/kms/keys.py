"""Keys for tests, on a cloud without a server."""

from __future__ import annotations

import base64
from typing import Any

from localcloud.api import Json
from localcloud.cloud import Cloud
from tests.localcloud.harness import call

PLACE = "projects/careplane-cell/locations/europe-west3"
RING = f"{PLACE}/keyRings/ring"
_KEYS = "cloudkms.projects.locations.keyRings.cryptoKeys"


def make_ring(cloud: Cloud) -> None:
    call(
        cloud,
        "cloudkms.projects.locations.keyRings.create",
        f"{PLACE}/keyRings",
        {},
        query={"keyRingId": "ring"},
    )


def make_key_in(cloud: Cloud, ring: str) -> Json:
    """A key in a ring anywhere."""
    place, _, name = ring.rpartition("/keyRings/")
    call(
        cloud,
        "cloudkms.projects.locations.keyRings.create",
        f"{place}/keyRings",
        {},
        query={"keyRingId": name},
    )
    sent = {"purpose": "ENCRYPT_DECRYPT"}
    return call(cloud, f"{_KEYS}.create", f"{ring}/cryptoKeys", sent, query={"cryptoKeyId": "key"})


def make_key(cloud: Cloud, name: str = "key", **body: Any) -> Json:
    if cloud.store.get("cloudkms", RING) is None:
        make_ring(cloud)
    sent = {"purpose": "ENCRYPT_DECRYPT", **body}
    return call(cloud, f"{_KEYS}.create", f"{RING}/cryptoKeys", sent, query={"cryptoKeyId": name})


def b64(data: bytes) -> str:
    return base64.b64encode(data).decode()


def encrypt(cloud: Cloud, plain: bytes, additional: bytes = b"", name: str = "key") -> str:
    sent = {"plaintext": b64(plain), "additionalAuthenticatedData": b64(additional)}
    return str(call(cloud, f"{_KEYS}.encrypt", f"{RING}/cryptoKeys/{name}", sent)["ciphertext"])


def decrypt(cloud: Cloud, sealed: str, additional: bytes = b"", name: str = "key") -> bytes:
    sent = {"ciphertext": sealed, "additionalAuthenticatedData": b64(additional)}
    return base64.b64decode(call(cloud, f"{_KEYS}.decrypt", f"{RING}/cryptoKeys/{name}", sent)["plaintext"])


def on_version(
    cloud: Cloud, action: str, number: int = 1, name: str = "key", body: Any = None, **more: Any
) -> Json:
    return call(
        cloud,
        f"{_KEYS}.cryptoKeyVersions.{action}",
        f"{RING}/cryptoKeys/{name}/cryptoKeyVersions/{number}",
        body or {},
        **more,
    )


def set_state(cloud: Cloud, state: str, number: int = 1, name: str = "key") -> Json:
    return on_version(cloud, "patch", number, name, {"state": state}, query={"updateMask": "state"})


def get_key(cloud: Cloud, name: str = "key") -> Json:
    return call(cloud, f"{_KEYS}.get", f"{RING}/cryptoKeys/{name}")


def move_clock(cloud: Cloud, seconds: float) -> None:
    cloud.faults.begin("clock", "*", {"seconds": seconds})  # type: ignore[attr-defined]
