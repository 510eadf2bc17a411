"""AES-256-GCM under the tenant's data key. Layout: version, key id (16), nonce (12), ciphertext, tag."""

from __future__ import annotations

import secrets
import uuid

from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.ciphers.aead import AESGCM

from runtime.errors import Unavailable
from runtime.fields.keys import DataKeys

_VERSION = b"\x01"
_HEADER = 1 + 16 + 12


class Cipher:
    """`context` binds a ciphertext to its place: the same bytes elsewhere do not open."""

    def __init__(self, keys: DataKeys) -> None:
        self._keys = keys

    def seal(self, plaintext: bytes, context: bytes) -> bytes:
        key_id, key = self._keys.current()
        nonce = secrets.token_bytes(12)
        return _VERSION + key_id.bytes + nonce + AESGCM(key).encrypt(nonce, plaintext, context)

    def open(self, sealed: bytes, context: bytes) -> bytes:
        if len(sealed) < _HEADER + 16 or sealed[:1] != _VERSION:
            raise Unavailable("A stored ciphertext is damaged.", status=500)
        key = self._keys.get(uuid.UUID(bytes=sealed[1:17]))
        try:
            return AESGCM(key).decrypt(sealed[17:_HEADER], sealed[_HEADER:], context)
        except InvalidTag as error:
            raise Unavailable("A stored ciphertext is damaged or was moved.", status=500) from error
