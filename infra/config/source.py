"""Where configuration comes from: the running engine, or a stack file."""

from __future__ import annotations

import re
from collections.abc import Mapping
from pathlib import Path
from typing import Any, Protocol

import pulumi

from infra.datafile import load
from infra.errors import ConfigError


class Source(Protocol):
    """Configuration by full key (`careplane:kind`)."""

    stack: str

    def get(self, key: str) -> Any: ...

    def endpoints(self) -> Mapping[str, str]: ...

    def keys(self) -> frozenset[str]:
        """Every key of ours that is given, whether it is known or not."""
        ...

    def secret(self, key: str) -> pulumi.Output[Any] | None:
        """A mapping that is never seen in plain text."""
        ...


class EngineSource:
    """What the engine gives the running program."""

    def __init__(self) -> None:
        self.stack = pulumi.get_stack()

    def get(self, key: str) -> Any:
        namespace, name = key.split(":", 1)
        return pulumi.Config(namespace).get(name)

    def endpoints(self) -> Mapping[str, str]:
        return _endpoints(pulumi.runtime.config.CONFIG.get())

    def keys(self) -> frozenset[str]:
        return _ours(pulumi.runtime.config.CONFIG.get())

    def secret(self, key: str) -> pulumi.Output[Any] | None:
        namespace, name = key.split(":", 1)
        return pulumi.Config(namespace).get_secret_object(name)


class FileSource:
    """What a `Pulumi.<stack>.yaml` says."""

    def __init__(self, path: Path) -> None:
        self.stack = path.name.removeprefix("Pulumi.").removesuffix(".yaml")
        self._values: dict[str, Any] = _config(path)

    def get(self, key: str) -> Any:
        return self._values.get(key)

    def endpoints(self) -> Mapping[str, str]:
        return _endpoints(self._values)

    def keys(self) -> frozenset[str]:
        return _ours(self._values)

    def secret(self, key: str) -> pulumi.Output[Any] | None:
        """Only the engine can decrypt it."""
        return None


def _config(path: Path) -> dict[str, Any]:
    """The mapping `config` of a stack file."""
    document = load(path) or {}
    values = document.get("config") if isinstance(document, dict) else document
    if not isinstance(values or {}, dict):
        raise ConfigError(f"{path.name}: config", values, "a mapping of keys to values")
    return values or {}


class Asked:
    """A source that remembers what it was asked for, so that nobody has to list the keys a second time."""

    def __init__(self, source: Source) -> None:
        self.stack, self._source = source.stack, source
        self.asked: set[str] = set()

    def get(self, key: str) -> Any:
        self.asked.add(key)
        return self._source.get(key)

    def secret(self, key: str) -> pulumi.Output[Any] | None:
        self.asked.add(key)
        return self._source.secret(key)

    def endpoints(self) -> Mapping[str, str]:
        return self._source.endpoints()

    def keys(self) -> frozenset[str]:
        return self._source.keys()

    def unknown(self) -> list[str]:
        """Keys that are given and that nobody asked for."""
        return sorted(self.keys() - self.asked)


def _ours(values: Mapping[str, Any]) -> frozenset[str]:
    return frozenset(key for key in values if key.startswith("careplane:"))


def _endpoints(values: Mapping[str, Any]) -> dict[str, str]:
    return {key: str(value) for key, value in values.items() if re.fullmatch(r"gcp:\w+CustomEndpoint", key)}
