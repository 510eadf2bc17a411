"""Where configuration comes from: the running engine, or a stack file."""

from __future__ import annotations

import re
from collections.abc import Mapping
from pathlib import Path
from typing import Any, Protocol

import pulumi
import yaml

from infra.errors import ConfigError


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
        self._values: dict[str, Any] = _config(path)

    def get(self, key: str) -> Any:
        return self._values.get(key)

    def endpoints(self) -> Mapping[str, str]:
        return _endpoints(self._values)

    def secret(self, key: str) -> pulumi.Output[Any] | None:
        """Only the engine can decrypt it."""
        return None


def _config(path: Path) -> dict[str, Any]:
    """The mapping `config` of a stack file."""
    try:
        document = yaml.safe_load(path.read_text()) or {}
    except (yaml.YAMLError, UnicodeDecodeError) as error:
        raise ConfigError(path.name, str(error).splitlines()[0], "YAML in UTF-8") from error
    values = document.get("config") if isinstance(document, dict) else document
    if not isinstance(values or {}, dict):
        raise ConfigError(f"{path.name}: config", values, "a mapping of keys to values")
    return values or {}


def _endpoints(values: Mapping[str, Any]) -> dict[str, str]:
    return {key: str(value) for key, value in values.items() if re.fullmatch(r"gcp:\w+CustomEndpoint", key)}
