"""Reading values whose shape a rule may not trust."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from policies.resource import SECRET, Properties, Resource, UnknownValue


def text(holder: Resource | Properties, path: str) -> str:
    """The string at a dotted path; "" for anything else. A secret one cannot be judged."""
    return plain(holder.at(path), path)


def plain(value: Any, path: str) -> str:
    """The value if it is a string, "" for anything else. A secret one cannot be judged."""
    if value is SECRET:
        raise UnknownValue(path, f"{path} is a secret; what it says cannot be judged")
    return value if isinstance(value, str) else ""


def listed(holder: Resource | Properties, path: str) -> list[tuple[str, Any]]:
    """The items of a list, each with its path; a value that is no list cannot be judged."""
    value = holder.at(path)
    if value is not None and not isinstance(value, list):
        raise UnknownValue(path, f"{path} is not a list")
    return list(holder.items_at(path))


def mappings(holder: Resource | Properties, path: str) -> Iterator[tuple[str, Properties]]:
    """The items of a list of mappings, each with its path; an item of another kind cannot be judged."""
    for where, item in listed(holder, path):
        if not isinstance(item, Properties):
            raise UnknownValue(where, f"{where} cannot be read")
        yield where, item


def seconds(value: Any) -> float | None:
    """Google's durations (`7776000s`) in seconds; None for anything else."""
    if not isinstance(value, str) or not value.endswith("s"):
        return None
    try:
        return float(value[:-1])
    except ValueError:
        return None
