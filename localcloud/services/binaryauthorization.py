"""Binary Authorization: attestors, and attestations checked against their keys.

The project's policy is in platform.py; Cloud Run does not ask for it here.
https://cloud.google.com/binary-authorization/docs/reference/rest
"""

from __future__ import annotations

import base64
import hashlib
from collections.abc import Callable

from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec, padding, rsa

from localcloud import generic, projects
from localcloud.agents import agent
from localcloud.api import ApiError, Call, Json
from localcloud.cloud import Cloud
from localcloud.registry import behaviour, computed
from localcloud.timestamps import stamp

API = "binaryauthorization"
_A = "binaryauthorization.projects.attestors"


@computed(_A)
def attestor(cloud: Cloud, name: str, body: Json, new: bool) -> None:
    note = body.get("userOwnedGrafeasNote") or {}
    reference = projects.normalise(cloud.store, str(note.get("noteReference", "")))
    found = cloud.store.get("containeranalysis", reference)
    if found is None or found.get("kind") != "ATTESTATION":
        raise ApiError(
            400, f"userOwnedGrafeasNote.noteReference: {reference!r} is not an attestation note that exists."
        )
    for key in note.get("publicKeys") or []:
        _fill_key(key)
    note["delegationServiceAccountEmail"] = agent(API, projects.number(cloud, name.split("/")[1]))
    body |= {"updateTime": stamp(cloud.clock.now()), "etag": generic.new_etag()}


def _fill_key(key: Json) -> None:
    """Google computes the id of a key: a fingerprint, or the digest of its DER encoding."""
    if key.get("asciiArmoredPgpPublicKey"):
        key["id"] = hashlib.sha1(key["asciiArmoredPgpPublicKey"].encode()).hexdigest().upper()
        return
    pkix = key.get("pkixPublicKey") or {}
    if not pkix.get("publicKeyPem"):
        raise ApiError(400, "publicKeys: each needs asciiArmoredPgpPublicKey or pkixPublicKey.")
    der = _der(pkix["publicKeyPem"])
    digest = base64.urlsafe_b64encode(hashlib.sha256(der).digest()).decode().rstrip("=")
    key.setdefault("id", f"ni:///sha-256;{digest}")


def _der(pem: str) -> bytes:
    try:
        key = serialization.load_pem_public_key(pem.encode())
    except ValueError:
        raise ApiError(400, "pkixPublicKey.publicKeyPem: allowed is a public key in PEM.") from None
    return key.public_bytes(serialization.Encoding.DER, serialization.PublicFormat.SubjectPublicKeyInfo)


@behaviour(f"{_A}.update", permission="binaryauthorization.attestors.update")
def update(cloud: Cloud, call: Call) -> Json:
    return generic.change(cloud, call)


@behaviour(
    f"{_A}.validateAttestationOccurrence", permission="binaryauthorization.attestors.verifyImageAttested"
)
def validate(cloud: Cloud, call: Call) -> Json:
    """Whether one of the attestor's keys made one of the signatures."""
    body, sent = generic.load(cloud, API, call.name), call.body or {}
    attestation = sent.get("attestation") or {}
    payload = _bytes(attestation.get("serializedPayload"))
    keys = {key["id"]: key for key in (body["userOwnedGrafeasNote"].get("publicKeys") or [])}
    for signature in attestation.get("signatures") or []:
        key = keys.get(signature.get("publicKeyId"))
        if key is not None and _verifies(key, _bytes(signature.get("signature")), payload):
            return {"result": "VERIFIED"}
    return {
        "result": "ATTESTATION_NOT_VERIFIABLE",
        "denialReason": f"No signature was made by a key of {call.name}.",
    }


def _bytes(value: object) -> bytes:
    text = str(value or "").replace("-", "+").replace("_", "/")
    return base64.b64decode(text + "=" * (-len(text) % 4))


def _verifies(key: Json, signature: bytes, payload: bytes) -> bool:
    pkix = key.get("pkixPublicKey")
    if not pkix:
        return False
    public = serialization.load_pem_public_key(pkix["publicKeyPem"].encode())
    name = str(pkix.get("signatureAlgorithm", ""))
    digest = next((found() for word, found in _HASHES.items() if word in name), hashes.SHA256())
    try:
        if isinstance(public, ec.EllipticCurvePublicKey):
            public.verify(signature, payload, ec.ECDSA(digest))
        elif isinstance(public, rsa.RSAPublicKey):
            pss = padding.PSS(padding.MGF1(digest), padding.PSS.DIGEST_LENGTH)
            public.verify(signature, payload, pss if "PSS" in name else padding.PKCS1v15(), digest)
        else:
            return False
    except InvalidSignature:
        return False
    return True


_HASHES: dict[str, Callable[[], hashes.HashAlgorithm]] = {
    "SHA384": hashes.SHA384,
    "SHA512": hashes.SHA512,
    "SHA256": hashes.SHA256,
}
