"""The Cloud KMS key that signs packs: ECDSA P-256, by key or version, with what Cloud KMS attests of it."""

from __future__ import annotations

import base64
import os
import re
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from functools import cache
from typing import Any

from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.asymmetric.utils import Prehashed
from cryptography.hazmat.primitives.hashes import SHA256
from cryptography.hazmat.primitives.serialization import load_pem_public_key

from evidence.signature import Signer

ALGORITHM = "EC_SIGN_P256_SHA256"
GOOGLE = "https://cloudkms.googleapis.com/v1/"
_KEY = re.compile(
    r"projects/[^/]+/locations/[^/]+/keyRings/[^/]+/cryptoKeys/[^/]+(/cryptoKeyVersions/[0-9]+)?"
)


class KmsError(Exception):
    """A signature that cannot be made; `what` is the key or the call."""

    def __init__(self, what: str, problem: str) -> None:
        super().__init__(f"{what}: {problem}")
        self.what = what
        self.problem = problem


class NoSuchName(KmsError):
    """What was given is no name of a key at all: bad usage."""


@dataclass(frozen=True)
class Key:
    """A version that signs, and what Cloud KMS says of it (of an HSM key also its attestation).

    https://cloud.google.com/kms/docs/attest-key
    """

    signer: Signer
    about: Mapping[str, Any]


Call = Callable[[str, str, Any], dict[str, Any]]
"""One call of Cloud KMS: verb, path below the endpoint, body or None."""


def key(name: str, call: Call) -> Key:
    """A version, or the newest enabled version of a key; raises `KmsError`.

    https://cloud.google.com/kms/docs/create-validate-signatures
    """
    if not _KEY.fullmatch(name):
        allowed = "projects/P/locations/L/keyRings/R/cryptoKeys/K, or a version of it"
        raise NoSuchName(name, f"is no name of a Cloud KMS key; allowed: {allowed}")
    version = name if "/cryptoKeyVersions/" in name else _newest(call, name)
    told, public = call("GET", version, None), call("GET", f"{version}/publicKey", None)
    if public.get("algorithm") != ALGORITHM:
        raise KmsError(version, f"is for {public.get('algorithm')}; {ALGORITHM} is needed")
    pem = str(public["pem"])

    def sign(digest: bytes) -> bytes:
        body = {"digest": {"sha256": base64.b64encode(digest).decode()}}
        made = base64.b64decode(call("POST", f"{version}:asymmetricSign", body)["signature"])
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
        raise KmsError(version, "has no public key of an elliptic curve")
    try:
        public.verify(made, digest, ec.ECDSA(Prehashed(SHA256())))
    except InvalidSignature as error:
        raise KmsError(version, "made a signature that does not fit its public key") from error


def _newest(call: Call, name: str) -> str:
    enabled = [
        v["name"] for v in _versions(call, name) if v["state"] == "ENABLED" and v["algorithm"] == ALGORITHM
    ]
    if not enabled:
        raise KmsError(name, f"has no enabled version of {ALGORITHM}")
    return str(max(enabled, key=lambda each: int(each.rsplit("/", 1)[1])))


def _versions(call: Call, name: str) -> Iterator[dict[str, Any]]:
    page = ""
    while True:
        found = call("GET", f"{name}/cryptoKeyVersions?pageSize=100{page}", None)
        yield from found.get("cryptoKeyVersions", [])
        if not found.get("nextPageToken"):
            return
        page = f"&pageToken={found['nextPageToken']}"


def rest(endpoint: str = GOOGLE) -> Call:
    """Calls over HTTP, with the environment's own credentials, asked for once something is called."""
    token = cache(_token)

    def call(verb: str, path: str, body: Any) -> dict[str, Any]:
        import requests

        headers = {"Authorization": f"Bearer {token()}"}
        try:
            answer = requests.request(verb, endpoint + path, json=body, headers=headers, timeout=60)
        except requests.RequestException as error:
            raise KmsError(path, f"Cloud KMS does not answer at {endpoint}") from error
        if answer.status_code >= 400:
            raise KmsError(path, f"Cloud KMS answered {answer.status_code}: {_said(answer)}")
        found: dict[str, Any] = answer.json()
        return found

    return call


def _said(answer: Any) -> str:
    try:
        return str(answer.json()["error"]["message"])
    except (ValueError, KeyError, TypeError):
        return str(answer.reason)


def _token(environ: Mapping[str, str] = os.environ) -> str:
    """`GOOGLE_OAUTH_ACCESS_TOKEN`, else application default credentials."""
    if given := environ.get("GOOGLE_OAUTH_ACCESS_TOKEN"):
        return given
    import google.auth
    import google.auth.exceptions
    import google.auth.transport.requests

    try:
        credentials, _ = google.auth.default(scopes=["https://www.googleapis.com/auth/cloudkms"])
        credentials.refresh(google.auth.transport.requests.Request())  # type: ignore[no-untyped-call]
    except google.auth.exceptions.GoogleAuthError as error:
        wanted = "GOOGLE_OAUTH_ACCESS_TOKEN, or `gcloud auth application-default login`"
        raise KmsError("credentials", f"are missing: {wanted}") from error
    return str(credentials.token)
