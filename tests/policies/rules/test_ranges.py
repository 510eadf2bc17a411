"""Ranges: as wide as the internet, or as a network of somebody's own."""

from __future__ import annotations

import pytest

from policies.rules.ranges import is_open


@pytest.mark.parametrize(
    "given", ["0.0.0.0/0", "::/0", "128.0.0.0/1", "4.0.0.1/7", "2000::/3", "", "any", None, {}]
)
def test_a_whole_part_of_the_internet_is_open_and_so_is_what_is_no_range(given: object) -> None:
    assert is_open(given)


@pytest.mark.parametrize(
    "given", ["10.0.0.0/8", "203.0.113.7", "199.36.153.4/30", "fc00::/7", "2001:db8::/32"]
)
def test_a_network_of_somebodys_own_is_not(given: str) -> None:
    assert not is_open(given)
