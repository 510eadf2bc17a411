from __future__ import annotations

import pytest

from infra.errors import ConfigError
from infra.network.ranges import is_public, require_port, require_range, require_ranges


@pytest.mark.parametrize("given", ["0.0.0.0/0", "::/0", "0.0.0.0/1", "128.0.0.0/1", "10.0.0.1/8", "hospital"])
def test_range_that_is_everything_or_nothing(given: str) -> None:
    with pytest.raises(ConfigError, match="prefix /8"):
        require_range("ranges", given)


@pytest.mark.parametrize("given", ["22", "3389", "20-25", "1-65535", "0", "70000", "90-80", "ssh", "-80"])
def test_port_of_administration_or_no_port(given: str) -> None:
    with pytest.raises(ConfigError, match="22"):
        require_port("ports", given)


def test_port_and_range_of_ports() -> None:
    require_port("ports", "443")
    require_port("ports", "8000-8010")


def test_range_twice_or_none() -> None:
    with pytest.raises(ConfigError, match="once"):
        require_ranges("ranges", ("10.0.0.0/8", "10.0.0.0/8"))
    with pytest.raises(ConfigError, match="nothing was given"):
        require_ranges("ranges", ())


def test_only_public_ranges_need_the_internet() -> None:
    assert is_public("198.51.100.0/24") and is_public("2001:db8::/32")
    assert not is_public("10.1.0.0/16") and not is_public("100.64.3.0/24") and not is_public("fd00::/32")
