"""The Cloud KMS key that signs evidence packs: ECDSA P-256, with what Cloud KMS attests of it."""

from __future__ import annotations

import base64
import re
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

import requests
from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.asymmetric.utils import Prehashed
from cryptography.hazmat.primitives.hashes import SHA256
from cryptography.hazmat.primitives.serialization import load_pem_public_key

from evidence.signature import Signer
from runbooks.errors import PackError, PreconditionError
from runbooks.google import token
from runbooks.target import Key

GOOGLE = "https://cloudkms.googleapis.com/v1/"
ALGORITHM = "EC_SIGN_P256_SHA256"
_NAME = re.compile(
    r"projects/[^/]+/locations/[^/]+/keyRings/[^/]+/cryptoKeys/[^/]+(/cryptoKeyVersions/[0-9]+)?"
)


def key(name: str, endpoint: str = GOOGLE) -> Key:
    """A version, or the newest enabled version of a key; the attestation is Cloud KMS's own, of HSM keys.

    https://cloud.google.com/kms/docs/attest-key
    """
    if not _NAME.fullmatch(name):
        allowed = "projects/P/locations/L/keyRings/R/cryptoKeys/K, or a version of it"
        raise PreconditionError(f"--sign: {name!r} is no Cloud KMS key; allowed: {allowed}")
    kms = _Kms(endpoint)
    version = name if "/cryptoKeyVersions/" in name else _newest(kms, name)
    told, public = kms.call("GET", version), kms.call("GET", f"{version}/publicKey")
    if public.get("algorithm") != ALGORITHM:
        raise PackError(version, f"is for {public.get('algorithm')}; {ALGORITHM} is needed")
    pem = str(public["pem"])

    def sign(digest: bytes) -> bytes:
        body = {"digest": {"sha256": base64.b64encode(digest).decode()}}
        made = base64.b64decode(kms.call("POST", f"{version}:asymmetricSign", body)["signature"])
        _fits(version, pem, made, digest)
        return made

    about = {
        "key": version,
        "algorithm": ALGORITHM,
        "public_key": pem,
        "protection_level": told.get("protectionLevel"),
        "created": told.get("createTime"),
        "attestation": told.get("attestation"),
    }
    return Key(Signer(version, pem, sign), about)


def _fits(version: str, pem: str, made: bytes, digest: bytes) -> None:
    """Nothing is kept that nobody could verify."""
    public = load_pem_public_key(pem.encode())
    if not isinstance(public, ec.EllipticCurvePublicKey):
        raise PackError(version, "has no public key of an elliptic curve")
    try:
        public.verify(made, digest, ec.ECDSA(Prehashed(SHA256())))
    except InvalidSignature as error:
        raise PackError(version, "made a signature that does not fit its public key") from error


def _newest(kms: _Kms, name: str) -> str:
    enabled = [
        each["name"]
        for each in _versions(kms, name)
        if each["state"] == "ENABLED" and each["algorithm"] == ALGORITHM
    ]
    if not enabled:
        raise PackError(name, f"has no enabled version of {ALGORITHM}")
    return str(max(enabled, key=lambda each: int(each.rsplit("/", 1)[1])))


def _versions(kms: _Kms, name: str) -> Iterator[dict[str, Any]]:
    page = ""
    while True:
        found = kms.call("GET", f"{name}/cryptoKeyVersions?pageSize=100{page}")
        yield from found.get("cryptoKeyVersions", [])
        if not found.get("nextPageToken"):
            return
        page = f"&pageToken={found['nextPageToken']}"


@dataclass(frozen=True)
class _Kms:
    endpoint: str

    def call(self, verb: str, path: str, body: Any = None) -> dict[str, Any]:
        headers = {"Authorization": f"Bearer {token()}"}
        try:
            answer = requests.request(verb, self.endpoint + path, json=body, headers=headers, timeout=60)
            answer.raise_for_status()
        except requests.HTTPError as error:
            raise PackError(path, f"Cloud KMS answered {error.response.status_code}") from error
        except requests.RequestException as error:
            raise PackError(path, f"Cloud KMS does not answer at {self.endpoint}") from error
        found: dict[str, Any] = answer.json()
        return found
