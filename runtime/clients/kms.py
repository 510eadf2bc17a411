"""Cloud KMS: wraps data keys and signs digests. Keys never leave it."""

from __future__ import annotations

import threading
from dataclasses import dataclass
from typing import Any, Protocol

from runtime.clients.identity import GoogleIdentity
from runtime.errors import Unavailable

_TIMEOUT = 10.0


@dataclass(frozen=True)
class PublicKey:
    """An enabled version of a signing key: `kid` is its version number."""

    name: str
    kid: str
    pem: str


class Kms(Protocol):
    def encrypt(self, key: str, plaintext: bytes, context: bytes) -> bytes: ...

    def decrypt(self, key: str, ciphertext: bytes, context: bytes) -> bytes: ...

    def sign(self, version: str, digest: bytes) -> bytes:
        """The DER signature of a SHA-256 digest."""
        ...

    def public_keys(self, key: str) -> list[PublicKey]:
        """Enabled versions, newest first."""
        ...


class GoogleKms:
    """Google's client over REST, which needs no channel of its own."""

    def __init__(self, identity: GoogleIdentity, root: str) -> None:
        self._identity, self._root = identity, root
        self._lock = threading.Lock()
        self._made: Any = None

    def encrypt(self, key: str, plaintext: bytes, context: bytes) -> bytes:
        request = {"name": key, "plaintext": plaintext, "additional_authenticated_data": context}
        return bytes(self._call("encrypt", request).ciphertext)

    def decrypt(self, key: str, ciphertext: bytes, context: bytes) -> bytes:
        request = {"name": key, "ciphertext": ciphertext, "additional_authenticated_data": context}
        return bytes(self._call("decrypt", request).plaintext)

    def sign(self, version: str, digest: bytes) -> bytes:
        return bytes(self._call("asymmetric_sign", {"name": version, "digest": {"sha256": digest}}).signature)

    def public_keys(self, key: str) -> list[PublicKey]:
        listed = self._call("list_crypto_key_versions", {"parent": key, "filter": "state=ENABLED"})
        names = [str(version.name) for version in listed if version.state.name == "ENABLED"]
        names.sort(key=lambda name: int(name.rpartition("/")[2]), reverse=True)
        return [
            PublicKey(n, n.rpartition("/")[2], str(self._call("get_public_key", {"name": n}).pem))
            for n in names
        ]

    def _call(self, method: str, request: dict[str, Any]) -> Any:
        from google.api_core.exceptions import GoogleAPIError
        from google.auth.exceptions import GoogleAuthError

        try:
            return getattr(self._client(), method)(request=request, timeout=_TIMEOUT)
        except (GoogleAPIError, GoogleAuthError, OSError) as error:
            raise Unavailable("The tenant's key in Cloud KMS cannot be used at present.") from error

    def _client(self) -> Any:
        with self._lock:
            if self._made is None:
                from google.cloud import kms_v1
                from google.cloud.kms_v1.services.key_management_service.transports.rest import (
                    KeyManagementServiceRestTransport,
                )

                scheme, _, host = self._root.partition("://")
                transport = KeyManagementServiceRestTransport(
                    host=host, url_scheme=scheme, credentials=self._identity.credentials()
                )
                self._made = kms_v1.KeyManagementServiceClient(transport=transport)
            return self._made
