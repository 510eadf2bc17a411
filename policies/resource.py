"""Resources as rules see them: plain properties, with unknown and secret values marked."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from typing import Any, Final


class UnknownValue(Exception):
    """A rule touched a value that is not known yet; the verdict is `unproven`."""

    def __init__(self, path: str) -> None:
        super().__init__(f"{path or 'value'} is not known yet")
        self.path = path


class _Unknown:
    def __repr__(self) -> str:
        return "unknown"


class _Secret:
    def __repr__(self) -> str:
        return "[secret]"


UNKNOWN: Final = _Unknown()
SECRET: Final = _Secret()
"""Stands for a secret value: rules may see that it is one, never what it is."""


class Properties(Mapping[str, Any]):
    """A mapping that raises `UnknownValue` when a rule reads a value that is not known yet."""

    def __init__(self, values: Mapping[str, Any], path: str = "") -> None:
        self._values = values
        self._path = path

    def __getitem__(self, key: str) -> Any:
        return known(self._values[key], f"{self._path}.{key}" if self._path else key)

    def __iter__(self) -> Iterator[str]:
        return iter(self._values)

    def __len__(self) -> int:
        return len(self._values)

    def at(self, path: str) -> Any:
        """The value at a dotted path (`settings.ipConfiguration.ipv4Enabled`), or None."""
        here: Any = self
        for key in path.split("."):
            if not isinstance(here, Mapping) or key not in here:
                return None
            here = here[key]
        return here


def known(value: Any, path: str) -> Any:
    """The value wrapped for rules; raises `UnknownValue` where it is not known."""
    if value is UNKNOWN:
        raise UnknownValue(path)
    if isinstance(value, Mapping):
        return Properties(value, path)
    if isinstance(value, list):
        return [known(item, f"{path}[{index}]") for index, item in enumerate(value)]
    return value


@dataclass(frozen=True)
class Resource:
    """One resource of a stack: Pulumi type token, URN, logical name and properties."""

    type: str
    urn: str
    name: str
    properties: Properties


@dataclass(frozen=True)
class Context:
    """What a rule may know beside the resource: where its data may lie, and the profile's name.

    `locations` is None where the jurisdiction's locations could not be established.
    """

    profile: str = "saas"
    locations: frozenset[str] | None = None
    decommission: bool = False
    settings: Mapping[str, Any] = field(default_factory=dict)
