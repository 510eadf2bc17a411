"""The Cloud KMS key that signs reports and evidence packs: ECDSA P-256, named by key or by version."""

from __future__ import annotations

import base64
import os
import re
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import yaml
from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.asymmetric.utils import Prehashed
from cryptography.hazmat.primitives.hashes import SHA256
from cryptography.hazmat.primitives.serialization import load_pem_public_key

from evidence.signature import Signer
from policies.errors import SigningError

ALGORITHM = "EC_SIGN_P256_SHA256"
GOOGLE = "https://cloudkms.googleapis.com/v1/"
STACKS = Path(__file__).resolve().parent.parent / "stacks"
_KEY = re.compile(
    r"projects/[^/]+/locations/[^/]+/keyRings/[^/]+/cryptoKeys/[^/]+(/cryptoKeyVersions/[0-9]+)?"
)
_VARIABLE = "GOOGLE_KMS_CUSTOM_ENDPOINT"


def address(names: Iterable[str], environ: Mapping[str, str] = os.environ, stacks: Path = STACKS) -> str:
    """Where Cloud KMS answers for these stacks: the provider's variable, their files, else Google."""
    if given := environ.get(_VARIABLE):
        return given
    for name in names:
        file = stacks / f"Pulumi.{name}.yaml"
        values = (yaml.safe_load(file.read_text()) or {}).get("config") or {} if file.exists() else {}
        if given := values.get("gcp:kmsCustomEndpoint"):
            return str(given)
    return GOOGLE


def signer(key: str, endpoint: str = GOOGLE) -> Signer:
    """Signs with a version, or with the newest enabled version of a key; raises `SigningError`.

    https://cloud.google.com/kms/docs/create-validate-signatures
    """
    if not _KEY.fullmatch(key):
        allowed = "projects/P/locations/L/keyRings/R/cryptoKeys/K, or a version of it"
        raise SigningError(key, f"is no name of a Cloud KMS key; allowed: {allowed}")
    kms = _Kms(endpoint, _token())
    version = key if "/cryptoKeyVersions/" in key else _newest(kms, key)
    public = kms.call("GET", f"{version}/publicKey")
    if public.get("algorithm") != ALGORITHM:
        raise SigningError(version, f"is for {public.get('algorithm')}; {ALGORITHM} is needed")

    def sign(digest: bytes) -> bytes:
        body = {"digest": {"sha256": base64.b64encode(digest).decode()}}
        made = base64.b64decode(kms.call("POST", f"{version}:asymmetricSign", body)["signature"])
        _fits(version, str(public["pem"]), made, digest)
        return made

    return Signer(version, str(public["pem"]), sign)


def _fits(version: str, pem: str, made: bytes, digest: bytes) -> None:
    """Nothing is kept that nobody could verify."""
    key = load_pem_public_key(pem.encode())
    if not isinstance(key, ec.EllipticCurvePublicKey):
        raise SigningError(version, "has no public key of an elliptic curve")
    try:
        key.verify(made, digest, ec.ECDSA(Prehashed(SHA256())))
    except InvalidSignature as error:
        raise SigningError(version, "made a signature that does not fit its public key") from error


def _newest(kms: _Kms, key: str) -> str:
    enabled = [
        v["name"] for v in _versions(kms, key) if v["state"] == "ENABLED" and v["algorithm"] == ALGORITHM
    ]
    if not enabled:
        raise SigningError(key, f"has no enabled version of {ALGORITHM}")
    return str(max(enabled, key=lambda name: int(name.rsplit("/", 1)[1])))


def _versions(kms: _Kms, key: str) -> Iterator[dict[str, Any]]:
    page = ""
    while True:
        found = kms.call("GET", f"{key}/cryptoKeyVersions?pageSize=100{page}")
        yield from found.get("cryptoKeyVersions", [])
        if not found.get("nextPageToken"):
            return
        page = f"&pageToken={found['nextPageToken']}"


@dataclass(frozen=True)
class _Kms:
    endpoint: str
    token: str = field(repr=False)

    def call(self, verb: str, path: str, body: Any = None) -> dict[str, Any]:
        import requests

        headers = {"Authorization": f"Bearer {self.token}"}
        try:
            answer = requests.request(verb, self.endpoint + path, json=body, headers=headers, timeout=60)
        except requests.RequestException as error:
            raise SigningError(path, f"Cloud KMS does not answer at {self.endpoint}") from error
        if answer.status_code >= 400:
            raise SigningError(path, f"{answer.status_code}: {_said(answer)}")
        found: dict[str, Any] = answer.json()
        return found


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
        raise SigningError("credentials", f"are missing: {wanted}") from error
    return str(credentials.token)
