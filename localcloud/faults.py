"""Faults on demand, kept in the state until they are lifted.

| kind | target | parameters |
|---|---|---|
| `region-down` | location | |
| `api-error` | API name or `*` | `code` (429, 500, 503; default 503), `method` (prefix of a method id) |
| `latency` | API name or `*` | `ms` |
| `clock` | `*` | `seconds` that the clock is ahead |
| `policy-delay` | constraint or `*` | none: the organisation policy has not taken effect (Google: 15 min) |
| `key-disabled` | KMS key, EKM connection | none: what it protects stops |
| `instance-killed` | Cloud SQL instance, Cloud Run service | none: its process is killed and kept down |
| `network-cut` | Cloud SQL instance, Cloud Run service, EKM connection | none: no client reaches it |

A Cloud SQL instance may be named by its short name, anything else by its full resource name.
"""

from __future__ import annotations

import json
from datetime import UTC, datetime, timedelta
from typing import Any

from localcloud.api import ApiError, Json
from localcloud.registry import FAULT_HOOKS
from localcloud.store import Store

KINDS = (
    "region-down",
    "api-error",
    "latency",
    "clock",
    "policy-delay",
    "key-disabled",
    "instance-killed",
    "network-cut",
)
_CODES = (401, 403, 404, 409, 429, 500, 502, 503, 504)


class StoredFaults:
    """The faults in force, by kind and target."""

    def __init__(self, store: Store) -> None:
        self._store = store
        self._active: dict[tuple[str, str], dict[str, Any]] = {
            (k.partition(" ")[0], k.partition(" ")[2]): json.loads(v) for k, v in store.privates("faults")
        }

    @property
    def any(self) -> bool:
        return bool(self._active)

    def active(self, kind: str, target: str) -> dict[str, Any] | None:
        """The fault's parameters with its kind and target, never empty; a fault on `*` hits every target."""
        for key in ((kind, target), (kind, "*")):
            if key in self._active:
                return {"kind": kind, "target": key[1], **self._active[key]}
        return None

    def all(self) -> list[Json]:
        return [{"kind": k, "target": t, **p} for (k, t), p in sorted(self._active.items())]

    def begin(self, kind: str, target: str, parameters: dict[str, Any]) -> None:
        _check(kind, target, parameters)
        self._active = {**self._active, (kind, target): parameters}
        self._store.set_private("faults", f"{kind} {target}", json.dumps(parameters).encode())

    def end(self, kind: str, target: str) -> bool:
        if (kind, target) not in self._active:
            return False
        self._active = {key: value for key, value in self._active.items() if key != (kind, target)}
        self._store.set_private("faults", f"{kind} {target}", None)
        return True

    def forget(self) -> None:
        self._active = {}


def _check(kind: str, target: str, parameters: dict[str, Any]) -> None:
    if kind not in KINDS:
        raise ApiError(400, f"kind: {kind!r} is not allowed; allowed: {', '.join(KINDS)}")
    if not target:
        raise ApiError(400, "target: '' is not allowed; allowed: what the fault is to hit")
    numbers = {"api-error": ("code",), "latency": ("ms",), "clock": ("seconds",)}.get(kind, ())
    for key in numbers:
        value = parameters.get(key, 503 if key == "code" else None)
        if isinstance(value, bool) or not isinstance(value, int | float):
            raise ApiError(400, f"{key}: {value!r} is not allowed; allowed: a number")
    if kind == "api-error" and parameters.get("code", 503) not in _CODES:
        raise ApiError(
            400, f"code: {parameters['code']} is not allowed; allowed: {', '.join(map(str, _CODES))}"
        )


class FaultyClock:
    """The system's clock, moved by the fault `clock`."""

    def __init__(self, faults: StoredFaults) -> None:
        self._faults = faults

    def now(self) -> datetime:
        moved = self._faults.active("clock", "*") if self._faults.any else None
        return datetime.now(UTC) + timedelta(seconds=moved["seconds"] if moved else 0)


def tell_owners(cloud: Any, kind: str, target: str, parameters: dict[str, Any] | None) -> None:
    for hook in FAULT_HOOKS.get(kind, ()):
        hook(cloud, target, parameters)
