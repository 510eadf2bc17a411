from __future__ import annotations

import pytest

from infra.edge.mllp_firewall import MllpFirewall, MllpFirewallArgs, require_hospitals
from infra.errors import ConfigError
from tests.infra.engine import Declared, declare
from tests.infra.sites import SITE

PRIVATE = {"riverside": ("10.80.0.0/16",), "lakeside": ("10.90.0.0/24",)}
PUBLIC = {"riverside": ("198.51.100.0/28",)}


def made(hospitals: dict[str, tuple[str, ...]], external: bool) -> Declared:
    args = MllpFirewallArgs(SITE, "cell", hospitals, "adapter@", 2575, external)
    return declare(lambda: MllpFirewall("f", args) and None)


def test_a_rule_a_hospital_for_the_adapter_alone() -> None:
    rules = {each.name: each.inputs for each in made(PRIVATE, False).of("Firewall")}
    assert rules["f-riverside"]["sourceRanges"] == ["10.80.0.0/16"]
    assert rules["f-lakeside"]["sourceRanges"] == ["10.90.0.0/24"]
    assert rules["f-probes"]["sourceRanges"] == ["130.211.0.0/22", "35.191.0.0/16"]
    for rule in rules.values():
        assert rule["allows"] == [{"protocol": "tcp", "ports": ["2575"]}]
        assert rule["targetServiceAccounts"] == ["adapter@"] and rule["direction"] == "INGRESS"
        assert rule["logConfig"]["metadata"] == "INCLUDE_ALL_METADATA"


def test_answers_find_the_way_to_a_public_range_and_only_there() -> None:
    assert not made(PRIVATE, False).of("Route")
    external = made(PUBLIC, True)
    assert [each.inputs["destRange"] for each in external.of("Route")] == ["198.51.100.0/28"]
    assert "209.85.152.0/22" in external.one("Firewall", "f-probes").inputs["sourceRanges"]


@pytest.mark.parametrize(
    ("hospitals", "external"),
    [
        ({}, False),
        ({"riverside": ()}, False),
        ({"riverside": ("0.0.0.0/0",)}, True),
        ({"riverside": ("10.0.0.0/16",)}, True),
        ({"riverside": ("198.51.100.0/28",)}, False),
        ({"River Side": ("10.0.0.0/16",)}, False),
        ({"riverside": ("10.0.0.0/16",), "lakeside": ("10.0.0.0/16",)}, False),
    ],
)
def test_hospitals_that_are_refused(hospitals: dict[str, tuple[str, ...]], external: bool) -> None:
    with pytest.raises(ConfigError, match=r"mllp\.hospitals"):
        require_hospitals(hospitals, external)
