"""`residency`: every property of a stack that says where something lies, and whether that is inside.

Besides `location`, `region` and `zone`, wherever they stand: regions of storage policies and dual-regions,
value groups of organisation policies, and places in the names of what is referred to (keys, networks).
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

from infra.cli.cells import cell
from infra.cli.state import Resource, State
from infra.errors import ConfigError
from infra.jurisdiction import Jurisdiction, jurisdictions

_NAMED = re.compile(r"^(location|region|zone|locationId|gceZone|secondaryZone|locationPreference)$")
_LISTED = re.compile(r"^(locations|regions|zones|allowedPersistenceRegions|dataLocations|storageLocations)$")
_IN_NAMES = re.compile(r"(?:^|/)(?:locations|regions|zones)/([a-z0-9-]+)(?=/|$)")
_GROUP = re.compile(r"^in:([a-z0-9-]+)-locations$")
_ZONE = re.compile(r"^([a-z]+-[a-z]+\d+)-[a-z]$")
_PLACE = re.compile(r"^[a-z]+-[a-z]+\d+$|^(asia|eu|europe|global|us|nam\d+|eur\d+)$")


@dataclass(frozen=True)
class Place:
    """`inside` is yes, no, or global: Google keeps such metadata everywhere, and no data lies there."""

    resource: str
    type: str
    property: str
    location: str
    inside: str


def places(state: State, area: Jurisdiction) -> list[Place]:
    """One entry for each property and location; a list's members share their property."""
    found: dict[Place, None] = {}
    for resource in state.google:
        for path, location in _of(resource):
            place = Place(resource.name, resource.type, path, location, _inside(location, area))
            found[place] = None
    return list(found)


def area(state: State, name: str | None) -> Jurisdiction:
    """The jurisdiction given, else the one that the stack's outputs name."""
    wanted = name or state.outputs.get("jurisdiction")
    if wanted not in jurisdictions():
        raise ConfigError("--jurisdiction", wanted, jurisdictions())
    return jurisdictions()[str(wanted)]


def home(resource: Resource, state: State) -> str:
    """Where a resource lies, in lower case; empty for what lies nowhere in particular."""
    given = resource.properties
    for key in ("location", "region", "zone"):
        if given.get(key):
            return _last(str(given[key]))
    named = _IN_NAMES.search(resource.id) or next(
        filter(
            None, (_IN_NAMES.search(str(given.get(key) or "")) for key in ("keyRing", "dataset", "parent"))
        ),
        None,
    )
    return _last(named[1]) if named else ""


def markdown(state: State, area: Jurisdiction, found: list[Place]) -> str:
    outside = [place for place in found if place.inside == "no"]
    words = f"**{len(outside)} outside**" if outside else "all inside"
    lines = [
        f"## Residency of {state.stack}: {len(found)} properties, {words}",
        "",
        f"Jurisdiction {area.name}: {', '.join(area.locations)}.",
        "",
        "| resource | type | property | location | inside |",
        "|---|---|---|---|---|",
    ]
    ordered = sorted(found, key=lambda each: (each.inside != "no", each.type, each.resource, each.property))
    lines += [
        f"| {cell(each.resource)} | {each.type} | {cell(each.property)} | {cell(each.location)} | "
        f"{'**no**' if each.inside == 'no' else each.inside} |"
        for each in ordered
    ]
    return "\n".join(lines)


def _of(resource: Resource) -> Iterator[tuple[str, str]]:
    yield from _walk("", "", resource.inputs)
    for key in ("location", "region", "zone"):
        value = resource.outputs.get(key)
        if value and not resource.inputs.get(key) and isinstance(value, str):
            yield key, _last(value)


def _walk(path: str, key: str, value: Any) -> Iterator[tuple[str, str]]:
    if isinstance(value, dict):
        for name, inner in value.items():
            yield from _walk(f"{path}.{name}".lstrip("."), name, inner)
    elif isinstance(value, list):
        for inner in value:
            yield from _walk(path, key, inner)
    elif isinstance(value, str) and value:
        yield from ((path, location) for location in _locations(key, value))


def _locations(key: str, value: str) -> list[str]:
    if _NAMED.match(key) or _LISTED.match(key):
        return [_last(value)]
    if group := _GROUP.match(value):
        return [group[1]]
    return [name for name in _IN_NAMES.findall(value) if _PLACE.match(name) or _ZONE.match(name)]


def _last(value: str) -> str:
    """The region of a name, a URL or a zone."""
    place = value.rstrip("/").rsplit("/", 1)[-1].lower()
    zone = _ZONE.match(place)
    return zone[1] if zone else place


def _inside(location: str, area: Jurisdiction) -> str:
    place = _last(location)
    if place == "global":
        return "global"
    return "yes" if place in area.locations else "no"
