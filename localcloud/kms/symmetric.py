"""AES-256-GCM under a versioned ciphertext.

A ciphertext is `header | nonce | data and tag`; the header names format, key and version and
is authenticated with the caller's additional data, so no part can be swapped.
"""

from __future__ import annotations

import hashlib
import os
import struct

from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.ciphers.aead import AESGCM

from localcloud.api import ApiError

_HEADER = struct.Struct(">B8sI")
_FORMAT = 1
_NONCE = 12


def _key_id(key_name: str) -> bytes:
    return hashlib.sha256(key_name.encode()).digest()[:8]


def wrong_ciphertext() -> ApiError:
    """Google's one answer for a foreign, changed or otherwise unreadable ciphertext."""
    return ApiError(400, "Decryption failed: verify that 'name' refers to the correct CryptoKey.")


def seal(key_name: str, version: int, material: bytes, plaintext: bytes, additional: bytes) -> bytes:
    header = _HEADER.pack(_FORMAT, _key_id(key_name), version)
    nonce = os.urandom(_NONCE)
    return header + nonce + AESGCM(material).encrypt(nonce, plaintext, header + additional)


def version_of(key_name: str, ciphertext: bytes) -> int:
    """Which version of this key sealed it."""
    if len(ciphertext) < _HEADER.size + _NONCE + 16:
        raise wrong_ciphertext()
    kind, key_id, version = _HEADER.unpack_from(ciphertext)
    if kind != _FORMAT or key_id != _key_id(key_name):
        raise wrong_ciphertext()
    return int(version)


def unseal(material: bytes, ciphertext: bytes, additional: bytes) -> bytes:
    header, rest = ciphertext[: _HEADER.size], ciphertext[_HEADER.size :]
    try:
        return AESGCM(material).decrypt(rest[:_NONCE], rest[_NONCE:], header + additional)
    except InvalidTag as error:
        raise wrong_ciphertext() from error
