"""Where a resource's values say that something lies."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from typing import Any

from policies.resource import SECRET, UNKNOWN_STRING, Properties, Resource, UnknownValue

_KEYS = frozenset(
    {
        "location", "region", "zone", "locations", "zones", "dataLocations", "allowedPersistenceRegions",
        "locationId", "alternativeLocationId", "currentLocationId", "secondaryZone", "bucketRegion",
    }
)  # fmt: skip
"""Keys whose values are locations. `regions` of an access level are countries, and not among them."""

_REFERENCE = re.compile(r"/(?:locations|regions|zones)/([a-z0-9-]+)")
_ZONE = re.compile(r"^[a-z]+(?:-[a-z]+)+\d+-[a-z]$")
_NOWHERE = frozenset({"", "-", "global"})


def located(resource: Resource) -> Iterator[tuple[str, str]]:
    """Every (path, location) of a resource, in lower case, a zone as its region.

    Walks the values as they stand, which is several times faster than reading them one by one; a value
    that is not known raises `UnknownValue`, because a location may hide in it.
    """
    yield from _walk(resource.properties.raw, "", "")


def _walk(value: Any, path: str, key: str) -> Iterator[tuple[str, str]]:
    if isinstance(value, str):
        if value == UNKNOWN_STRING:
            raise UnknownValue(path)
        if key in _KEYS or "/" in value:
            yield from _of(value, path, key)
    elif isinstance(value, Mapping):
        if Properties.is_secret(value):
            return
        for name, item in value.items():
            if item is not None and not isinstance(item, (bool, int, float)):
                yield from _walk(item, f"{path}.{name}" if path else name, name)
    elif isinstance(value, list):
        for index, item in enumerate(value):
            yield from _walk(item, f"{path}[{index}]", key)
    elif value is not None and value is not SECRET and not isinstance(value, (bool, int, float)):
        raise UnknownValue(path)


def _of(value: str, path: str, key: str) -> Iterator[tuple[str, str]]:
    found = _REFERENCE.findall(value) if "/" in value else [value]
    for each in found:
        location = each.lower()
        if location not in _NOWHERE:
            yield path, location[:-2] if _ZONE.match(location) else location
