"""Every location that any sample stack names lies inside its jurisdiction, whatever the profile."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import pytest

from infra.cli import places
from infra.jurisdiction import jurisdiction
from tests.infra.engine import STACKS, Declared, Edited, declare_place

PLACES = sorted({path.name.split(".")[1].split("-")[0] for path in STACKS.glob("Pulumi.*.yaml")})
NAMES = frozenset(
    {"allowedPersistenceRegions", "dataLocations", "location", "locationId", "locations", "region", "zone"}
)
"""Inputs that say where something lies."""
EVERYWHERE = frozenset({"global"})
"""Where Google keeps what holds no customer's data: names, rules, certificates."""


def located(value: Any, name: str = "") -> Iterator[tuple[str, str]]:
    """Every location in a resource's inputs, with the name of its property."""
    if isinstance(value, dict):
        for key, inner in value.items():
            yield from located(inner, key)
    elif isinstance(value, list):
        for inner in value:
            yield from located(inner, name)
    elif isinstance(value, str) and name in NAMES:
        yield name, value
    elif isinstance(value, str) and "/locations/" in value:
        yield name, value.split("/locations/")[1].split("/")[0]


@pytest.fixture(scope="module", params=PLACES)
def place(request: pytest.FixtureRequest) -> tuple[str, dict[str, Declared]]:
    return request.param, declare_place(place=request.param)


def test_every_location_lies_inside_the_jurisdiction(place: tuple[str, dict[str, Declared]]) -> None:
    found = 0
    for stack in places.stacks(place[0]):
        area = jurisdiction(Edited(stack.path, {}).get("careplane:jurisdiction"))
        for resource in place[1][stack.name].resources:
            for name, location in located(resource.inputs):
                if location not in EVERYWHERE:
                    found += 1
                    assert location.lower() in area.locations, f"{stack.name}: {resource.name}.{name}"
    assert found > 50


def test_private_builds_without_the_healthcare_api() -> None:
    declared = declare_place(place="private")
    for name, stack in declared.items():
        assert not [each.name for each in stack.resources if each.type.startswith("gcp:healthcare/")], name
        enabled = {each.inputs["service"] for each in stack.of("projects/service:Service")}
        assert "healthcare.googleapis.com" not in enabled, name


@pytest.mark.parametrize("place", PLACES)
def test_tenants_have_the_same_outputs_whatever_the_profile(place: str) -> None:
    wanted = set(declare_place()["local-tenant-lakeside"].outputs)
    for name, stack in declare_place(place=place).items():
        if "-tenant-" in name:
            assert set(stack.outputs) == wanted, name
