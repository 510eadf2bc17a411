"""The tenant's signing key in Cloud KMS: public halves are cached here, private ones never leave KMS."""

from __future__ import annotations

import threading
import time
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from joserfc.jwk import ECKey

from runtime.clients.kms import Kms, PublicKey
from runtime.errors import Unavailable

_FRESH_SECONDS = 300.0
_RETRY_SECONDS = 10.0
"""An unknown `kid` may be a new version; asking KMS for each would let strangers make it busy."""


@dataclass(frozen=True)
class _Known:
    newest: PublicKey
    keys: dict[str, ECKey]
    at: float


class TokenKeys:
    def __init__(self, kms: Kms, key: str, clock: Callable[[], float] = time.monotonic) -> None:
        self._kms, self._key, self._clock = kms, key, clock
        self._lock = threading.Lock()
        self._known: _Known | None = None

    def sign(self, digest: bytes, version: PublicKey) -> bytes:
        return self._kms.sign(version.name, digest)

    def newest(self) -> PublicKey:
        return self._load(_FRESH_SECONDS).newest

    def refresh(self) -> None:
        self._load(0.0)

    def key(self, kid: object) -> ECKey | None:
        """The enabled version of that number, if there is one."""
        known = self._load(_FRESH_SECONDS)
        if kid not in known.keys and isinstance(kid, str):
            known = self._load(_RETRY_SECONDS)
        return known.keys.get(kid) if isinstance(kid, str) else None

    def cached(self) -> bool:
        return self._known is not None and self._clock() - self._known.at < _RETRY_SECONDS

    def jwks(self) -> dict[str, Any]:
        known = self._load(_FRESH_SECONDS)
        return {
            "keys": [
                {**key.as_dict(private=False), "use": "sig", "alg": "ES256", "kid": kid}
                for kid, key in known.keys.items()
            ]
        }

    def _load(self, older_than: float) -> _Known:
        with self._lock:
            if self._known is None or self._clock() - self._known.at >= older_than:
                found = self._kms.public_keys(self._key)
                if not found:
                    raise Unavailable("The tenant's signing key has no enabled version.")
                keys = {each.kid: ECKey.import_key(each.pem) for each in found}
                self._known = _Known(found[0], keys, self._clock())
            return self._known
