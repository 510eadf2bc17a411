"""Where configuration comes from: the running engine, or a stack file."""

from __future__ import annotations

import re
from collections.abc import Mapping
from pathlib import Path
from typing import Any, Protocol

import pulumi
import yaml


class Source(Protocol):
    """Configuration by full key (`careplane:kind`)."""

    stack: str

    def get(self, key: str) -> Any: ...

    def endpoints(self) -> Mapping[str, str]: ...

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

    def secret(self, key: str) -> pulumi.Output[Any] | None:
        namespace, name = key.split(":", 1)
        return pulumi.Config(namespace).get_secret_object(name)


class FileSource:
    """What a `Pulumi.<stack>.yaml` says."""

    def __init__(self, path: Path) -> None:
        self.stack = path.name.removeprefix("Pulumi.").removesuffix(".yaml")
        document = yaml.safe_load(path.read_text()) or {}
        self._values: dict[str, Any] = document.get("config") or {}

    def get(self, key: str) -> Any:
        return self._values.get(key)

    def endpoints(self) -> Mapping[str, str]:
        return _endpoints(self._values)

    def secret(self, key: str) -> pulumi.Output[Any] | None:
        """Only the engine can decrypt it."""
        return None


def _endpoints(values: Mapping[str, Any]) -> dict[str, str]:
    return {key: str(value) for key, value in values.items() if re.fullmatch(r"gcp:\w+CustomEndpoint", key)}
