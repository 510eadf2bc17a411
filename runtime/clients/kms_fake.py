"""Cloud KMS in memory, with the same interface and real cryptography."""

from __future__ import annotations

import secrets

from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.asymmetric.utils import Prehashed
from cryptography.hazmat.primitives.ciphers.aead import AESGCM
from cryptography.hazmat.primitives.hashes import SHA256
from cryptography.hazmat.primitives.serialization import Encoding, PublicFormat

from runtime.clients.kms import PublicKey
from runtime.errors import Unavailable


class FakeKms:
    def __init__(self) -> None:
        self._symmetric: dict[str, bytes] = {}
        self._signing: dict[str, ec.EllipticCurvePrivateKey] = {}
        self.disabled: set[str] = set()
        self.calls: list[str] = []

    def encrypt(self, key: str, plaintext: bytes, context: bytes) -> bytes:
        nonce = secrets.token_bytes(12)
        return nonce + AESGCM(self._key(key, "encrypt")).encrypt(nonce, plaintext, context)

    def decrypt(self, key: str, ciphertext: bytes, context: bytes) -> bytes:
        try:
            return AESGCM(self._key(key, "decrypt")).decrypt(ciphertext[:12], ciphertext[12:], context)
        except InvalidTag as error:
            raise Unavailable("The tenant's key in Cloud KMS cannot be used at present.") from error

    def sign(self, version: str, digest: bytes) -> bytes:
        self._check(version, "sign")
        return self._signing[version].sign(digest, ec.ECDSA(Prehashed(SHA256())))

    def public_keys(self, key: str) -> list[PublicKey]:
        self._check(key, "public_keys")
        if not any(name.startswith(key + "/") for name in self._signing):
            self.add_version(key)
        names = [n for n in self._signing if n.startswith(key + "/") and n not in self.disabled]
        names.sort(key=lambda name: int(name.rpartition("/")[2]), reverse=True)
        return [PublicKey(name, name.rpartition("/")[2], self._pem(name)) for name in names]

    def add_version(self, key: str) -> str:
        number = 1 + sum(name.startswith(key + "/") for name in self._signing)
        name = f"{key}/cryptoKeyVersions/{number}"
        self._signing[name] = ec.generate_private_key(ec.SECP256R1())
        return name

    def _pem(self, name: str) -> str:
        public = self._signing[name].public_key()
        return public.public_bytes(Encoding.PEM, PublicFormat.SubjectPublicKeyInfo).decode()

    def _key(self, key: str, call: str) -> bytes:
        self._check(key, call)
        return self._symmetric.setdefault(key, secrets.token_bytes(32))

    def _check(self, key: str, call: str) -> None:
        self.calls.append(call)
        if key in self.disabled:
            raise Unavailable("The tenant's key in Cloud KMS cannot be used at present.")
