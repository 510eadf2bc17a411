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

_COMPUTED = frozenset(
    {
        "id", "selfLink", "selfLinkWithId", "etag", "uid", "uniqueId", "numericId", "generatedId",
        "fingerprint", "labelFingerprint", "metadataFingerprint", "tagsFingerprint", "generation",
        "createTime", "updateTime", "creationTime", "creationTimestamp", "timeCreated", "updated",
        "lastModifiedTime", "effectiveLabels", "effectiveAnnotations", "terraformLabels", "pulumiLabels",
        "connectionName", "uri", "url", "urls", "ipAddress", "ipAddresses", "firstIpAddress",
        "publicIpAddress", "privateIpAddress", "projectNumber", "writerIdentity",
        "serviceAccountEmailAddress", "gatewayAddress", "state", "primaries",
    }
)  # fmt: skip
"""Outputs at the top of a resource that nobody gives: they follow from what is given, which is read too."""

_REFERENCE = re.compile(r"/(?:locations|regions|zones)/([a-z0-9-]+)")
_ZONE = re.compile(r"^[a-z]+(?:-[a-z]+)+\d+-[a-z]$")
_NOWHERE = frozenset({"", "-", "global"})


def located(resource: Resource) -> Iterator[tuple[str, str]]:
    """Every (path, location) of a resource, in lower case, a zone as its region.

    Walks the values as they stand, which is several times faster than reading them one by one. A value
    that is not known raises `UnknownValue`, because a location may hide in it, and so does a secret where
    a location belongs: last, so that neither hides a location that is known.
    """
    hidden: list[UnknownValue] = []
    yield from _walk(resource.properties.raw, "", "", hidden)
    if hidden:
        raise hidden[0]


def _walk(value: Any, path: str, key: str, hidden: list[UnknownValue]) -> Iterator[tuple[str, str]]:
    if isinstance(value, str):
        if value == UNKNOWN_STRING:
            _unknown(path, hidden)
        elif key in _KEYS or "/" in value:
            yield from _of(value, path, key)
    elif isinstance(value, Mapping):
        if Properties.is_secret(value):
            _secret(path, key, hidden)
            return
        for name, item in value.items():
            if item is not None and not isinstance(item, (bool, int, float)):
                yield from _walk(item, f"{path}.{name}" if path else name, name, hidden)
    elif isinstance(value, list):
        for index, item in enumerate(value):
            yield from _walk(item, f"{path}[{index}]", key, hidden)
    elif value is SECRET:
        _secret(path, key, hidden)
    elif value is not None and not isinstance(value, (bool, int, float)):
        _unknown(path, hidden)


def _unknown(path: str, hidden: list[UnknownValue]) -> None:
    if path not in _COMPUTED:
        hidden.append(UnknownValue(path))


def _secret(path: str, key: str, hidden: list[UnknownValue]) -> None:
    if key in _KEYS:
        hidden.append(UnknownValue(path, f"{path} is a secret; where it lies cannot be judged"))


def _of(value: str, path: str, key: str) -> Iterator[tuple[str, str]]:
    found = _REFERENCE.findall(value) if "/" in value else [value]
    for each in found:
        location = each.lower()
        if location not in _NOWHERE:
            yield path, location[:-2] if _ZONE.match(location) else location
