"""Signatures over a manifest: ECDSA P-256 with SHA-256, as Cloud KMS makes them (EC_SIGN_P256_SHA256)."""

from __future__ import annotations

import base64
import hashlib
import json
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

from cryptography.exceptions import InvalidSignature, UnsupportedAlgorithm
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.asymmetric.utils import Prehashed
from cryptography.hazmat.primitives.hashes import SHA256
from cryptography.hazmat.primitives.serialization import load_pem_public_key

from evidence.errors import EvidenceError
from evidence.manifest import NAME, SIGNATURE, check, check_file


@dataclass(frozen=True)
class Signer:
    """A key that signs SHA-256 digests: its full version name, its public key, and the way to sign."""

    key: str
    public_pem: str
    sign_digest: Callable[[bytes], bytes]


def sign(pack: Path, signer: Signer) -> None:
    """Sign the pack's manifest and write `manifest.sig.json` beside it."""
    raw = (pack / NAME).read_bytes()
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
    return _signed_by(pack, trusted_pem)


def verify_file(pack: Path, name: str, trusted_pem: str | None = None) -> str:
    """As `verify`, of one file of a pack that may lack the others."""
    check_file(pack, name)
    return _signed_by(pack, trusted_pem)


def verify_manifest(pack: Path, trusted_pem: str | None = None) -> str:
    """As `verify`, of the manifest alone: no file that it lists is looked at."""
    if not (pack / NAME).is_file():
        raise EvidenceError(NAME, "is missing or is no manifest")
    return _signed_by(pack, trusted_pem)


def _signed_by(pack: Path, trusted_pem: str | None) -> str:
    try:
        document = json.loads((pack / SIGNATURE).read_bytes())
        pem = str(trusted_pem or document["public_key"]).encode()
        signature = base64.b64decode(document["signature"], validate=True)
        name = str(document["key"])
        key = load_pem_public_key(pem)
    except (OSError, ValueError, KeyError, TypeError, UnsupportedAlgorithm) as error:
        raise EvidenceError(SIGNATURE, "is missing or is no signature") from error
    if not isinstance(key, ec.EllipticCurvePublicKey):
        raise EvidenceError(SIGNATURE, "is not made by an EC key")
    digest = hashlib.sha256((pack / NAME).read_bytes()).digest()
    try:
        key.verify(signature, digest, ec.ECDSA(Prehashed(SHA256())))
    except InvalidSignature as error:
        raise EvidenceError(SIGNATURE, "does not fit the manifest and the key") from error
    return name
