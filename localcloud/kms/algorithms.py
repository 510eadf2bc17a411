"""Algorithms by their Google names: purpose, and how a new version's material is made.

Names and purposes: https://cloud.google.com/kms/docs/algorithms. Asymmetric material is PKCS #8 DER.
"""

from __future__ import annotations

import os
import re
from dataclasses import dataclass

from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec, ed25519, rsa

from localcloud.api import ApiError

SYMMETRIC = "GOOGLE_SYMMETRIC_ENCRYPTION"


@dataclass(frozen=True)
class Algorithm:
    """`family` says which operations apply: symmetric, raw, ec, ed25519, pss, pkcs1, oaep or hmac."""

    name: str
    purpose: str
    family: str
    bits: int = 256
    digest: str = "sha256"


_EC = {"EC_SIGN_P256_SHA256": 256, "EC_SIGN_P384_SHA384": 384}
_RSA = re.compile(r"RSA_(SIGN_PSS|SIGN_PKCS1|DECRYPT_OAEP)_(2048|3072|4096)_SHA(1|256|512)")
_HMAC = re.compile(r"HMAC_SHA(1|224|256|384|512)")
_RAW = {"AES_128_GCM": 128, "AES_256_GCM": 256}
_RSA_FAMILY = {"SIGN_PSS": "pss", "SIGN_PKCS1": "pkcs1", "DECRYPT_OAEP": "oaep"}
_HASHES: dict[str, type[hashes.HashAlgorithm]] = {
    "sha1": hashes.SHA1,
    "sha224": hashes.SHA224,
    "sha256": hashes.SHA256,
    "sha384": hashes.SHA384,
    "sha512": hashes.SHA512,
}


def algorithm(name: str) -> Algorithm:
    """The algorithm of that name; one that is not offered here is 501, an invented one 400."""
    if name in (SYMMETRIC, "EXTERNAL_SYMMETRIC_ENCRYPTION"):
        return Algorithm(name, "ENCRYPT_DECRYPT", "symmetric")
    if name in _RAW:
        return Algorithm(name, "RAW_ENCRYPT_DECRYPT", "raw", _RAW[name])
    if name in _EC:
        return Algorithm(name, "ASYMMETRIC_SIGN", "ec", _EC[name], f"sha{_EC[name]}")
    if name == "EC_SIGN_ED25519":
        return Algorithm(name, "ASYMMETRIC_SIGN", "ed25519")
    if match := _RSA.fullmatch(name):
        family = _RSA_FAMILY[match[1]]
        purpose = "ASYMMETRIC_DECRYPT" if family == "oaep" else "ASYMMETRIC_SIGN"
        return Algorithm(name, purpose, family, int(match[2]), f"sha{match[3]}")
    if match := _HMAC.fullmatch(name):
        digest = f"sha{match[1]}"
        return Algorithm(name, "MAC", "hmac", hash_of(digest).digest_size * 8, digest)
    raise ApiError(
        501 if re.match(r"(PQ_|EC_|RSA_|AES_|ML_)", name) else 400, f"Algorithm {name!r} is not offered here."
    )


def hash_of(digest: str) -> hashes.HashAlgorithm:
    return _HASHES[digest]()


def generate(kind: Algorithm) -> bytes:
    """New material for a version: random bytes, or a private key as PKCS #8."""
    if kind.family in ("symmetric", "raw", "hmac"):
        return os.urandom(kind.bits // 8)
    if kind.family == "ec":
        return _pkcs8(ec.generate_private_key(ec.SECP256R1() if kind.bits == 256 else ec.SECP384R1()))
    if kind.family == "ed25519":
        return _pkcs8(ed25519.Ed25519PrivateKey.generate())
    return _pkcs8(rsa.generate_private_key(65537, kind.bits))


def _pkcs8(key: ec.EllipticCurvePrivateKey | ed25519.Ed25519PrivateKey | rsa.RSAPrivateKey) -> bytes:
    return key.private_bytes(
        serialization.Encoding.DER, serialization.PrivateFormat.PKCS8, serialization.NoEncryption()
    )
