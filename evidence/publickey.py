"""Public keys that are trusted: EC P-256 in PEM, from a file or in a signature."""

from __future__ import annotations

import hashlib
from pathlib import Path

from cryptography.exceptions import UnsupportedAlgorithm
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.serialization import Encoding, PublicFormat, load_pem_public_key

from evidence import regular
from evidence.errors import KeyFileError


def read(path: Path) -> str:
    """The PEM in a file; raises `KeyFileError` on one that is empty, or holds no public key of EC P-256."""
    try:
        raw = regular.read(path)
        if not raw.strip():
            raise KeyFileError(path, "is empty; nothing would be pinned")
        text = raw.decode()
        load(text)
    except OSError as error:
        raise KeyFileError(path, f"cannot be read ({error.strerror})") from error
    except ValueError as error:
        raise KeyFileError(path, "is no public key of EC P-256 in PEM") from error
    return text


def load(pem: str) -> ec.EllipticCurvePublicKey:
    """The key; raises `ValueError` on anything but a public key of EC P-256."""
    try:
        key = load_pem_public_key(pem.encode())
    except UnsupportedAlgorithm as error:
        raise ValueError("is of an unknown kind") from error
    if not isinstance(key, ec.EllipticCurvePublicKey) or not isinstance(key.curve, ec.SECP256R1):
        raise ValueError("is not of EC P-256")
    return key


def fingerprint(key: ec.EllipticCurvePublicKey) -> str:
    """SHA-256 of the key in DER: `openssl pkey -pubin -in KEY -outform DER | sha256sum`."""
    return hashlib.sha256(key.public_bytes(Encoding.DER, PublicFormat.SubjectPublicKeyInfo)).hexdigest()
