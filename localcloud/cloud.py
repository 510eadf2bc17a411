"""What every behaviour is handed: the state, the clock, identities and the way to serve more ports."""

from __future__ import annotations

from collections.abc import Callable
from concurrent.futures import Future
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any, Protocol

from localcloud.api import Caller
from localcloud.settings import LocalSettings
from localcloud.store import Store

AsgiApp = Callable[..., Any]


class Clock(Protocol):
    def now(self) -> datetime:
        """Aware time in UTC; a fault may move it."""
        ...


class SystemClock:
    def now(self) -> datetime:
        return datetime.now(UTC)


class Tokens(Protocol):
    def mint(self, caller: Caller, seconds: int = 3600) -> str:
        """A bearer token (at most 100 characters) that stands for the caller until it expires."""
        ...

    def caller(self, token: str) -> Caller | None:
        """Whom a live token stands for; None for an unknown or expired one."""
        ...


class Iam(Protocol):
    def allows(self, caller: Caller, permission: str, api: str, name: str) -> bool:
        """Whether policies on the resource or above it grant the permission."""
        ...

    def require(self, caller: Caller, permission: str, api: str, name: str) -> None:
        """Raise Google's 403 where `allows` is false."""
        ...


class Listeners(Protocol):
    def open(self, app: AsgiApp, key: str) -> int:
        """Serve an ASGI app on a port of its own (from DYNAMIC_OFFSET on), the same for the same `key`."""
        ...

    def close(self, key: str) -> None: ...

    def spawn(self, coroutine: Any) -> Future[Any]:
        """Run a coroutine on the server's event loop from any thread."""
        ...


class Faults(Protocol):
    @property
    def any(self) -> bool:
        """Whether any fault is in force: what nearly every call asks first."""
        ...

    def active(self, kind: str, target: str) -> dict[str, Any] | None:
        """The fault of this kind on this target, such as ("region-down", "europe-west3")."""
        ...


@dataclass(frozen=True)
class Cloud:
    """The parts that behaviours may use."""

    settings: LocalSettings
    store: Store
    clock: Clock
    tokens: Tokens
    iam: Iam
    listeners: Listeners
    faults: Faults
