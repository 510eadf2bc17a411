"""Signatures over a manifest: ECDSA P-256 with SHA-256, as Cloud KMS makes them (EC_SIGN_P256_SHA256)."""

from __future__ import annotations

import base64
import hashlib
import json
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.asymmetric.utils import Prehashed
from cryptography.hazmat.primitives.hashes import SHA256

from evidence import jsonfile, publickey, regular
from evidence.errors import EvidenceError
from evidence.manifest import NAME, SIGNATURE, check, check_file, content


@dataclass(frozen=True)
class Signer:
    """A key that signs SHA-256 digests: its full version name, its public key, and the way to sign."""

    key: str
    public_pem: str
    sign_digest: Callable[[bytes], bytes]


@dataclass(frozen=True)
class Signed:
    """Who signed: `key` is a name that the signature does not cover, `fingerprint` the public key's."""

    key: str
    fingerprint: str


def seal(pack: Path, subject: dict[str, Any], signer: Signer | None) -> None:
    """Manifest and signature of a pack, the manifest last: what is cut off before is no pack."""
    raw = content(pack, subject)
    if signer:
        _sign(pack, raw, signer)
    (pack / NAME).write_bytes(raw)


def _sign(pack: Path, raw: bytes, signer: Signer) -> None:
    signature = signer.sign_digest(hashlib.sha256(raw).digest())
    document = {
        "algorithm": "EC_SIGN_P256_SHA256",
        "key": signer.key,
        "public_key": signer.public_pem,
        "signature": base64.b64encode(signature).decode(),
    }
    (pack / SIGNATURE).write_text(json.dumps(document, indent=2) + "\n")


def verify(pack: Path, trusted_pem: str | None = None) -> str:
    """Check files, manifest and signature offline; the name of the key that signed.

    With `trusted_pem` the signature must be that key's. Without it the key inside the pack is
    used, which proves that the pack is whole, not who made it.
    """
    check(pack)
    return _signed_by(pack, trusted_pem).key


def verified(pack: Path, trusted_pem: str | None = None, name: str = "") -> Signed | None:
    """As `verify`, of the whole pack or of one file of it; None where it holds and nobody signed it.

    With `trusted_pem` a pack that is not signed does not hold.
    """
    if name:
        check_file(pack, name)
    else:
        check(pack)
    if trusted_pem is None and not (pack / SIGNATURE).exists():
        return None
    return _signed_by(pack, trusted_pem)


def verify_manifest(pack: Path, trusted_pem: str | None = None) -> str:
    """As `verify`, of the manifest alone: no file that it lists is looked at."""
    if not (pack / NAME).is_file():
        raise EvidenceError(NAME, "is missing or is no manifest")
    return _signed_by(pack, trusted_pem).key


def _signed_by(pack: Path, trusted_pem: str | None) -> Signed:
    try:
        document = jsonfile.read(pack / SIGNATURE, SIGNATURE, links=False)
        pem, name = str(document["public_key"]), str(document["key"])
        signature = base64.b64decode(document["signature"], validate=True)
        raw = regular.read(pack / NAME, links=False)
    except (OSError, KeyError, TypeError, ValueError) as error:
        raise EvidenceError(SIGNATURE, "is missing or is no signature") from error
    try:
        key = publickey.load(pem if trusted_pem is None else trusted_pem)
    except ValueError as error:
        what = (
            "is not made by an EC key of P-256"
            if trusted_pem is None
            else "is compared with what is no public key of EC P-256"
        )
        raise EvidenceError(SIGNATURE, what) from error
    try:
        key.verify(signature, hashlib.sha256(raw).digest(), ec.ECDSA(Prehashed(SHA256())))
    except InvalidSignature as error:
        raise EvidenceError(SIGNATURE, "does not fit the manifest and the key") from error
    return Signed(name, publickey.fingerprint(key))
