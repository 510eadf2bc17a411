"""Lists whose absence means that there is nothing: a value of any other form cannot be judged."""

from __future__ import annotations

from typing import Any

from policies.resource import Properties, Resource, UnknownValue


def entries(holder: Resource | Properties, path: str) -> list[tuple[str, Properties]]:
    """The mappings of a list, each with its path; empty where the list is left out."""
    found = []
    for where, item in values(holder, path):
        if not isinstance(item, Properties):
            raise UnknownValue(where, f"{where} has a form that cannot be judged")
        found.append((where, item))
    return found


def values(holder: Resource | Properties, path: str) -> list[tuple[str, Any]]:
    """The items of a list, each with its path; empty where the list is left out."""
    here: Any = holder.properties if isinstance(holder, Resource) else holder
    for key in path.split("."):
        if here is None:
            return []
        if not isinstance(here, Properties):
            raise UnknownValue(path, f"{path} has a form that cannot be judged")
        here = here.get(key)
    if here is None:
        return []
    if not isinstance(here, list):
        raise UnknownValue(path, f"{path} is not a list")
    return [(f"{path}[{index}]", item) for index, item in enumerate(here)]
