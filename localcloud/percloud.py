"""One object for each running local cloud, such as its fleet of databases: made on first use."""

from __future__ import annotations

import threading
from collections.abc import Callable
from pathlib import Path
from typing import Generic, Protocol, TypeVar

from localcloud.cloud import Cloud


class Closing(Protocol):
    def close(self) -> None: ...


T = TypeVar("T", bound=Closing)


class PerCloud(Generic[T]):
    def __init__(self, make: Callable[[Cloud], T]) -> None:
        self._make = make
        self._found: dict[Path, T] = {}
        self._lock = threading.Lock()

    def get(self, cloud: Cloud) -> T:
        """The cloud's own, made if need be."""
        with self._lock:
            home = cloud.settings.home
            if home not in self._found:
                self._found[home] = self._make(cloud)
            return self._found[home]

    def existing(self, cloud: Cloud) -> T | None:
        """The cloud's own, if anybody has needed it yet."""
        with self._lock:
            return self._found.get(cloud.settings.home)

    def close(self, cloud: Cloud) -> None:
        """End it, if there is one."""
        with self._lock:
            found = self._found.pop(cloud.settings.home, None)
        if found is not None:
            found.close()
