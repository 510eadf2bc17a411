"""Data keys: made here, wrapped by the tenant's key in Cloud KMS, kept unwrapped in memory for a while only.

KMS is asked once per data key and lifetime, never per request. A disabled or
destroyed KMS key therefore stops reading within `lifetime_seconds`.
"""

from __future__ import annotations

import secrets
import threading
import time
import uuid
from collections.abc import Callable
from dataclasses import dataclass
from typing import Protocol

from runtime.clients.kms import Kms
from runtime.errors import Unavailable

ROTATE_AFTER_SECONDS = 90 * 24 * 3600


@dataclass(frozen=True)
class WrappedKey:
    id: uuid.UUID
    wrapped: bytes
    created: float


class KeyTable(Protocol):
    """Where wrapped keys are kept; `runtime.db.data_keys` is the real one."""

    def newest(self) -> WrappedKey | None: ...

    def get(self, key_id: uuid.UUID) -> WrappedKey | None: ...

    def add(self, key: WrappedKey) -> None: ...


@dataclass(frozen=True)
class _Held:
    key: bytes
    until: float


class DataKeys:
    """The current data key for writing, any earlier one for reading."""

    def __init__(
        self,
        kms: Kms,
        kms_key: str,
        tenant: str,
        table: KeyTable,
        *,
        lifetime_seconds: float = 600,
        clock: Callable[[], float] = time.time,
    ) -> None:
        self._kms, self._kms_key, self._tenant, self._table = kms, kms_key, tenant, table
        self._lifetime, self._clock = lifetime_seconds, clock
        self._held: dict[uuid.UUID, _Held] = {}
        self._current: tuple[uuid.UUID, float] | None = None
        self._lock = threading.RLock()

    def current(self) -> tuple[uuid.UUID, bytes]:
        with self._lock:
            if self._current is None or self._current[1] <= self._clock():
                newest = self._table.newest()
                if newest is None or newest.created + ROTATE_AFTER_SECONDS < self._clock():
                    newest = self._make()
                self._current = (newest.id, self._clock() + self._lifetime)
            return self._current[0], self.get(self._current[0])

    def get(self, key_id: uuid.UUID) -> bytes:
        with self._lock:
            held = self._held.get(key_id)
            if held is None or held.until <= self._clock():
                stored = self._table.get(key_id)
                if stored is None:
                    raise Unavailable("A data key of this tenant is missing from its database.")
                held = self._hold(
                    key_id, self._kms.decrypt(self._kms_key, stored.wrapped, self._context(key_id))
                )
            return held.key

    def rotate(self) -> uuid.UUID:
        """From now on another data key encrypts; earlier ones still decrypt."""
        with self._lock:
            key = self._make()
            self._current = (key.id, self._clock() + self._lifetime)
            return key.id

    def _make(self) -> WrappedKey:
        key_id, key = uuid.uuid4(), secrets.token_bytes(32)
        wrapped = WrappedKey(
            key_id, self._kms.encrypt(self._kms_key, key, self._context(key_id)), self._clock()
        )
        self._table.add(wrapped)
        self._hold(key_id, key)
        return wrapped

    def _hold(self, key_id: uuid.UUID, key: bytes) -> _Held:
        self._held[key_id] = held = _Held(key, self._clock() + self._lifetime)
        return held

    def _context(self, key_id: uuid.UUID) -> bytes:
        return f"careplane data key|{self._tenant}|{key_id}".encode()
