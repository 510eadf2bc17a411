"""The key of the blind index: 32 random bytes in Secret Manager, made once, kept in memory for a while."""

from __future__ import annotations

import secrets as random
import threading
import time
from collections.abc import Callable

from runtime.clients.secrets import Secrets
from runtime.errors import Unavailable
from runtime.fields.blind_index import BlindIndex

_LIFETIME_SECONDS = 600.0


class BlindKey:
    """Changing this key would make every stored index useless, so it is only ever made when there is none."""

    def __init__(
        self, secrets: Secrets, secret: str, tenant: str, clock: Callable[[], float] = time.monotonic
    ) -> None:
        self._secrets, self._secret, self._tenant, self._clock = secrets, secret, tenant, clock
        self._lock = threading.Lock()
        self._held: tuple[BlindIndex, float] | None = None

    def index(self) -> BlindIndex:
        with self._lock:
            if self._held is None or self._held[1] <= self._clock():
                self._held = (BlindIndex(self._load(), self._tenant), self._clock() + _LIFETIME_SECONDS)
            return self._held[0]

    def ensure(self) -> bool:
        """True when a key had to be made."""
        if self._secrets.latest(self._secret) is not None:
            return False
        self._secrets.add(self._secret, random.token_hex(32).encode())
        return True

    def _load(self) -> bytes:
        payload = self._secrets.latest(self._secret)
        try:
            key = bytes.fromhex(payload.decode("ascii")) if payload else b""
        except ValueError:
            key = b""
        if len(key) != 32:
            raise Unavailable(
                "The blind index key of this tenant is missing; `python -m runtime migrate` makes it."
            )
        return key
