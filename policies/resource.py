"""Resources as rules see them: plain properties, with unknown and secret values marked as they are read."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from typing import Any, Final, NamedTuple

_SIGNATURE: Final = "4dabf18193072939515e22adb298388d"
_SECRET_SIGNATURE: Final = "1b47061264138c4ac30d75fd1eb44270"
UNKNOWN_STRING: Final = "04da6b54-80e4-46f7-96ec-b56ff0331ba9"


class UnknownValue(Exception):
    """A rule touched a value that is not known (yet); the verdict is `unproven`, `why` its reason."""

    def __init__(self, path: str, why: str = "") -> None:
        super().__init__(why or f"{path or 'value'} is not known yet")
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
    """A mapping that raises `UnknownValue` when a rule reads a value that is not known yet.

    Values are looked at only when they are read: a state of 10,000 resources is never walked whole.
    """

    __slots__ = ("_path", "_values")

    def __init__(self, values: Mapping[str, Any], path: str = "") -> None:
        self._values = values
        self._path = path

    def __getitem__(self, key: str) -> Any:
        value = self._values[key]
        if value is None or value is True or value is False:
            return value
        return known(value, f"{self._path}.{key}" if self._path else key, type(self))

    def __iter__(self) -> Iterator[str]:
        return iter(self._values)

    def __len__(self) -> int:
        return len(self._values)

    def __contains__(self, key: object) -> bool:
        return key in self._values

    def __repr__(self) -> str:
        """Its keys alone: a value may be secret, or not known."""
        return f"{{{', '.join(map(str, self._values))}}}"

    def get(self, key: str, default: Any = None) -> Any:
        return self[key] if key in self._values else default

    @property
    def raw(self) -> Mapping[str, Any]:
        """The values as they stand, for a rule that walks them all; it must look for the markers itself."""
        return self._values

    @staticmethod
    def is_secret(value: Mapping[str, Any]) -> bool:
        return value.get(_SIGNATURE) == _SECRET_SIGNATURE

    def plain(self) -> dict[str, Any]:
        """What is known and no secret, as it stands: for settings, never for rules."""
        found: dict[str, Any] = _told(self._values)
        return found

    def at(self, path: str) -> Any:
        """The value at a dotted path (`settings.ipConfiguration.ipv4Enabled`), or None."""
        if "." not in path:
            return self[path] if path in self._values else None
        here: Any = self
        for key in path.split("."):
            if here is SECRET:
                raise UnknownValue(path, f"{path} lies in a secret; what it says cannot be judged")
            if not isinstance(here, Properties) or key not in here._values:
                return None
            here = here[key]
        return here

    def items_at(self, path: str) -> Iterator[tuple[str, Any]]:
        """The items of a list at a dotted path, each with its own path; nothing where there is no list."""
        found = self.at(path)
        if isinstance(found, list):
            for index, item in enumerate(found):
                yield f"{path}[{index}]", item

    def each(self, path: str) -> Iterator[tuple[str, Properties]]:
        """Those items of a list at a dotted path that have properties of their own."""
        for where, item in self.items_at(path):
            if isinstance(item, Properties):
                yield where, item


def _told(value: Any) -> Any:
    if isinstance(value, Mapping):
        return {key: _told(item) for key, item in value.items() if not _is_hidden(item)}
    return [_told(item) for item in value if not _is_hidden(item)] if isinstance(value, list) else value


def _is_hidden(value: Any) -> bool:
    if value is UNKNOWN or value is SECRET:
        return True
    return Properties.is_secret(value) if isinstance(value, Mapping) else value == UNKNOWN_STRING


def known(value: Any, path: str, wrap: Callable[[Mapping[str, Any], str], Properties] = Properties) -> Any:
    """The value as a rule may see it, by Pulumi's wire signatures; an unknown one raises `UnknownValue`."""
    # Exact types first: a report over 10,000 resources asks this half a million times.
    kind = type(value)
    if kind is str:
        if value == UNKNOWN_STRING:
            raise UnknownValue(path)
        return value
    if kind is dict:
        return SECRET if Properties.is_secret(value) else wrap(value, path)
    if kind is list:
        return [known(item, f"{path}[{index}]", wrap) for index, item in enumerate(value)]
    if value is UNKNOWN:
        raise UnknownValue(path)
    if isinstance(value, Mapping) and not isinstance(value, Properties):
        return SECRET if Properties.is_secret(value) else wrap(value, path)
    return value


class Resource(NamedTuple):
    """One resource of a stack: Pulumi type token, URN, logical name and properties.

    `protect` is Pulumi's resource option; None where the source does not say (a Terraform plan).
    `references` are, by property, the URNs of the resources whose outputs it was made from: what is left
    to follow while values are not known yet. `id` is the provider's, "" before there is one.
    """

    type: str
    urn: str
    name: str
    properties: Properties
    protect: bool | None = None
    references: Mapping[str, tuple[str, ...]] = {}
    id: str = ""

    def at(self, path: str) -> Any:
        return self.properties.at(path)

    def each(self, path: str) -> Iterator[tuple[str, Properties]]:
        return self.properties.each(path)

    def items_at(self, path: str) -> Iterator[tuple[str, Any]]:
        return self.properties.items_at(path)

    def protected(self) -> bool:
        """Whether Pulumi refuses to delete it; raises `UnknownValue` where the source does not say."""
        if self.protect is None:
            raise UnknownValue("protect")
        return self.protect

    @property
    def stack(self) -> str:
        """The stack in `urn:pulumi:STACK::project::type::name`; "" where there is none."""
        return self.urn.split("::", 1)[0].removeprefix("urn:pulumi:") if self.urn.startswith("urn:") else ""
