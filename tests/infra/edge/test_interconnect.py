from __future__ import annotations

from typing import Any

import pytest

from infra.edge.interconnect import Interconnect, InterconnectArgs
from infra.errors import ConfigError
from tests.infra.engine import Declared, declare
from tests.infra.sites import SITE

GATEWAYS = ("10.12.0.0/29", "10.12.0.8/29")


def made(**changes: Any) -> Declared:
    args = InterconnectArgs(SITE, "cell", "riverside", GATEWAYS, **changes)
    return declare(lambda: Interconnect("i", args) and None)


def test_partners_lines_are_encrypted_and_apart() -> None:
    found = made()
    lines = [found.one("InterconnectAttachment", name).inputs for name in ("i-1", "i-2")]
    assert {each["encryption"] for each in lines} == {"IPSEC"} and {each["type"] for each in lines} == {
        "PARTNER"
    }
    assert [each["edgeAvailabilityDomain"] for each in lines] == [
        "AVAILABILITY_DOMAIN_1",
        "AVAILABILITY_DOMAIN_2",
    ]
    router = found.one("compute/router:Router").inputs
    assert router["encryptedInterconnectRouter"] is True and router["bgp"] == {"asn": 16550}
    ranges = [(each.inputs["address"], each.inputs["prefixLength"]) for each in found.of("address:Address")]
    assert sorted(ranges) == [("10.12.0.0", 29), ("10.12.0.8", 29)]
    assert {each.inputs["purpose"] for each in found.of("address:Address")} == {"IPSEC_INTERCONNECT"}


def test_circuits_of_ones_own() -> None:
    found = made(interconnects=("one", "two"), bandwidth="BPS_10G")
    lines = [found.one("InterconnectAttachment", name).inputs for name in ("i-1", "i-2")]
    assert [each["interconnect"] for each in lines] == ["one", "two"]
    assert {each["bandwidth"] for each in lines} == {"BPS_10G"}
    assert found.one("compute/router:Router").inputs["bgp"] == {"asn": 64515}
    assert all(each.protect for each in found.of("InterconnectAttachment"))


@pytest.mark.parametrize(
    "changes",
    [
        {"gateways": ("10.12.0.0/29", "10.12.0.0/29")},
        {"gateways": ("198.51.100.0/29", "10.12.0.8/29")},
        {"gateways": ("10.12.0.0/28", "10.12.0.16/28")},
        {"gateways": ("here", "there")},
        {"bandwidth": "BPS_3G"},
        {"asn": 16550},
        {"hospital": ""},
    ],
)
def test_arguments_that_are_refused(changes: dict[str, Any]) -> None:
    given = {"site": SITE, "network": "cell", "hospital": "riverside", "gateways": GATEWAYS}
    with pytest.raises(ConfigError, match="interconnect"):
        InterconnectArgs(**{**given, **changes})
