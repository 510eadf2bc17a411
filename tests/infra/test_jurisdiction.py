"""A location outside is an error where it is written down."""

from __future__ import annotations

import pytest

from infra.errors import ResidencyError
from infra.jurisdiction import jurisdiction, jurisdictions
from infra.site import Site


@pytest.mark.parametrize("name", sorted(jurisdictions()))
def test_copies_stay_inside(name: str) -> None:
    area = jurisdiction(name)
    for location in area.locations:
        assert area.partner(location) in area.locations


def test_the_only_region_is_its_own_partner() -> None:
    assert jurisdiction("ch").partner("europe-west6") == "europe-west6"


def test_locations_compare_without_case() -> None:
    assert jurisdiction("eu").require("EUROPE-WEST3", "bucket") == "europe-west3"


def test_zurich_and_london_are_not_in_the_union() -> None:
    for region in ("europe-west6", "europe-west2"):
        with pytest.raises(ResidencyError):
            Site("p", region, jurisdiction("eu"))


def test_policy_values_are_googles_value_groups() -> None:
    assert jurisdiction("de").policy_values == ["in:europe-west3-locations", "in:europe-west10-locations"]
