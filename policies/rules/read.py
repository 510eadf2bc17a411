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


def values(holder: Resource | Properties, path: str) -> list[tuple[str, Any]]:
    """As `listed`, but what the list lies in has to be readable too: absence then means there is none."""
    here: Any = holder.properties if isinstance(holder, Resource) else holder
    for key in path.split(".")[:-1]:
        here = here.get(key)
        if here is None:
            return []
        if not isinstance(here, Properties):
            raise UnknownValue(path, f"{path} has a form that cannot be judged")
    return listed(holder, path)


def mappings(holder: Resource | Properties, path: str) -> Iterator[tuple[str, Properties]]:
    """The items of a list of mappings (`listed`), each with its path; another item cannot be judged."""
    return _mappings(listed(holder, path))


def entries(holder: Resource | Properties, path: str) -> list[tuple[str, Properties]]:
    """The items of a list of mappings (`values`), each with its path; another item cannot be judged."""
    return list(_mappings(values(holder, path)))


def _mappings(items: list[tuple[str, Any]]) -> Iterator[tuple[str, Properties]]:
    for where, item in items:
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
