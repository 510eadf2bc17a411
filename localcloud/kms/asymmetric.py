"""Signing, decryption and public keys of asymmetric versions."""

from __future__ import annotations

from cryptography.hazmat.primitives import serialization
from cryptography.hazmat.primitives.asymmetric import ec, ed25519, padding, rsa
from cryptography.hazmat.primitives.asymmetric.utils import Prehashed
from cryptography.hazmat.primitives.hashes import Hash

from localcloud.api import ApiError
from localcloud.kms.algorithms import Algorithm, hash_of


def digest_of(kind: Algorithm, data: bytes) -> bytes:
    hashed = Hash(hash_of(kind.digest))
    hashed.update(data)
    return hashed.finalize()


def sign(kind: Algorithm, material: bytes, digest: bytes) -> bytes:
    """Sign a digest of the algorithm's own length (DER for EC, as Google answers)."""
    chosen = hash_of(kind.digest)
    if len(digest) != chosen.digest_size:
        raise ApiError(400, f"Digest has {len(digest)} bytes; {kind.name} signs {chosen.digest_size}.")
    key = serialization.load_der_private_key(material, None)
    if isinstance(key, ec.EllipticCurvePrivateKey):
        return key.sign(digest, ec.ECDSA(Prehashed(chosen)))
    assert isinstance(key, rsa.RSAPrivateKey)
    pad = (
        padding.PSS(padding.MGF1(hash_of(kind.digest)), chosen.digest_size)
        if kind.family == "pss"
        else padding.PKCS1v15()
    )
    return key.sign(digest, pad, Prehashed(chosen))


def sign_data(kind: Algorithm, material: bytes, data: bytes) -> bytes:
    """Sign data itself: Ed25519 takes no digest, the others hash first."""
    if kind.family != "ed25519":
        return sign(kind, material, digest_of(kind, data))
    key = serialization.load_der_private_key(material, None)
    assert isinstance(key, ed25519.Ed25519PrivateKey)
    return key.sign(data)


def decrypt(kind: Algorithm, material: bytes, ciphertext: bytes) -> bytes:
    key = serialization.load_der_private_key(material, None)
    assert isinstance(key, rsa.RSAPrivateKey)
    oaep = padding.OAEP(padding.MGF1(hash_of(kind.digest)), hash_of(kind.digest), None)
    try:
        return key.decrypt(ciphertext, oaep)
    except ValueError as error:
        raise ApiError(400, "Decryption failed: the ciphertext is invalid.") from error


def public_pem(material: bytes) -> bytes:
    key = serialization.load_der_private_key(material, None)
    return key.public_key().public_bytes(
        serialization.Encoding.PEM, serialization.PublicFormat.SubjectPublicKeyInfo
    )
