"""Values of one key each, checked: every error names the key, what was given and what is allowed."""

from __future__ import annotations

import ipaddress
import json
import re
from collections.abc import Mapping
from typing import Any
from urllib.parse import urlsplit

from infra.config.source import Source
from infra.errors import ConfigError

_LABEL = re.compile(r"[a-z]([a-z0-9-]{0,18}[a-z0-9])?")
_LABEL_RULE = "a DNS label of 1 to 20 characters: a-z, 0-9 and -, beginning with a letter, no - at the end"
"""20, because a service account `tenant-<name>` may have 30 characters."""
_DOMAIN = re.compile(r"([a-z0-9]([a-z0-9-]{0,61}[a-z0-9])?\.)+[a-z]{2,63}")
_EMAIL = re.compile(r"[^\s@:]+@[^\s@:]+\.[^\s@:]+")


def required(source: Source, key: str, allowed: str) -> Any:
    value = source.get(key)
    if value is None or value == "":
        raise ConfigError(key, value, allowed)
    return value


def choice(source: Source, key: str, allowed: tuple[str, ...], default: str | None = None) -> str:
    value = source.get(key)
    value = default if value is None else value
    if value not in allowed:
        raise ConfigError(key, value, allowed)
    return str(value)


def flag(source: Source, key: str, default: bool) -> bool:
    value = str(source.get(key) if source.get(key) is not None else default).lower()
    if value not in ("true", "false"):
        raise ConfigError(key, source.get(key), ("true", "false"))
    return value == "true"


def whole(source: Source, key: str, low: int, high: int) -> int | None:
    """A whole number between two bounds, or None where nothing is given."""
    value = source.get(key)
    if value is None:
        return None
    if not re.fullmatch(r"\d{1,9}", str(value)) or not low <= int(value) <= high:
        raise ConfigError(key, value, f"a whole number from {low} to {high}")
    return int(value)


def strings(source: Source, key: str) -> tuple[str, ...]:
    value = _decoded(source, key, "a list of strings")
    if not isinstance(value or [], list) or not all(isinstance(item, str) for item in value or []):
        raise ConfigError(key, value, "a list of strings")
    return tuple(value or ())


def items(
    source: Source, key: str, needed: tuple[str, ...], optional: tuple[str, ...] = ()
) -> tuple[Mapping[str, Any], ...]:
    """A list of mappings, each with all `needed` names and none beyond `optional`."""
    value = _decoded(source, key, "a list of mappings")
    if not isinstance(value or [], list):
        raise ConfigError(key, value, "a list of mappings")
    return tuple(named(f"{key}[{n}]", each, needed, optional) for n, each in enumerate(value or ()))


def mapping(
    source: Source, key: str, needed: tuple[str, ...], optional: tuple[str, ...] = ()
) -> Mapping[str, Any] | None:
    """One mapping with all `needed` names, or None where nothing is given."""
    value = _decoded(source, key, "a mapping")
    return None if value is None else named(key, value, needed, optional)


def numbers(source: Source, key: str) -> dict[str, int]:
    """A mapping of names to whole numbers."""
    value = _decoded(source, key, "a mapping of names to whole numbers")
    found = value or {}
    if not isinstance(found, dict) or not all(type(each) is int for each in found.values()):
        raise ConfigError(key, value, "a mapping of names to whole numbers")
    return {str(name): each for name, each in found.items()}


def named(key: str, value: Any, needed: tuple[str, ...], optional: tuple[str, ...] = ()) -> Mapping[str, Any]:
    """A value as a mapping with all `needed` names and none beyond `optional`."""
    names = (*needed, *optional)
    if not isinstance(value, dict):
        raise ConfigError(key, value, f"a mapping with {', '.join(names)}")
    for name in sorted(set(value) - set(names)):
        raise ConfigError(f"{key}.{name}", value[name], names)
    for name in needed:
        if value.get(name) in (None, ""):
            raise ConfigError(f"{key}.{name}", value.get(name), "a value")
    return value


def _decoded(source: Source, key: str, allowed: str) -> Any:
    """The engine gives what is no text as JSON."""
    value = source.get(key)
    if not isinstance(value, str):
        return value
    try:
        return json.loads(value)
    except ValueError as error:
        raise ConfigError(key, value, allowed) from error


def label(key: str, value: object) -> str:
    if not isinstance(value, str) or not _LABEL.fullmatch(value) or "--" in value:
        raise ConfigError(key, value, _LABEL_RULE)
    return value


def domain(source: Source, key: str) -> str | None:
    value = source.get(key)
    if value is not None and not _DOMAIN.fullmatch(str(value)):
        raise ConfigError(key, value, "a domain name in lower case, such as ehr.example.org")
    return None if value is None else str(value)


def emails(source: Source, key: str) -> tuple[str, ...]:
    found = strings(source, key)
    for each in found:
        if not _EMAIL.fullmatch(each):
            raise ConfigError(key, each, "email addresses")
    return found


def members(source: Source, key: str, kinds: tuple[str, ...]) -> tuple[str, ...]:
    """IAM members of some kinds (`user`, `group`, `serviceAccount`)."""
    found = strings(source, key)
    for member in found:
        kind, _, address = member.partition(":")
        if kind not in kinds or not re.fullmatch(r"[^\s@]+@[^\s@]+", address):
            raise ConfigError(key, member, " or ".join(f"{each}:…" for each in kinds) + ", nothing else")
    return found


def is_loopback(url: str) -> bool:
    host = urlsplit(url).hostname or ""
    try:
        return ipaddress.ip_address(host).is_loopback
    except ValueError:
        return host == "localhost"
