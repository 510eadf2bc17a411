from __future__ import annotations

from typing import Any

import pytest

from infra.errors import ConfigError
from infra.network.exceptions import EgressException
from infra.network.network import Network, NetworkArgs
from tests.infra.engine import declare
from tests.infra.sites import SITE

REGISTRY = EgressException("registry", ("198.51.100.0/24",), ("443",), "The national patient registry.")
LABORATORY = EgressException("laboratory", ("10.80.0.0/16",), ("2575",), "Results, over the VPN.")


def test_custom_network_without_a_default_route() -> None:
    found = declare(lambda: Network("n", NetworkArgs(SITE, "cell")) and None)
    network = found.one("compute/network:Network").inputs
    assert network["autoCreateSubnetworks"] is False
    assert network["deleteDefaultRoutesOnCreate"] is True
    assert [each.inputs["destRange"] for each in found.of("Route")] == ["199.36.153.4/30"]
    assert found.one("GlobalAddress").inputs["purpose"] == "VPC_PEERING"
    assert not found.of("RouterNat")


def test_whatever_is_not_named_is_denied_and_logged_both_ways() -> None:
    found = declare(lambda: Network("n", NetworkArgs(SITE, "cell")) and None)
    rules = {each.name: each.inputs for each in found.of("Firewall")}
    assert {each["logConfig"]["metadata"] for each in rules.values()} == {"INCLUDE_ALL_METADATA"}
    assert rules["n-deny-egress"]["destinationRanges"] == ["0.0.0.0/0"]
    assert rules["n-deny-ingress"]["sourceRanges"] == ["0.0.0.0/0"]
    for name in ("n-deny-egress", "n-deny-ingress"):
        assert rules[name]["denies"] == [{"protocol": "all"}] and rules[name]["priority"] == 65534
    assert not [each for each in rules.values() if each["direction"] == "INGRESS" and "allows" in each]


def test_every_subnet_logs_and_reaches_google_privately() -> None:
    args = NetworkArgs(SITE, "cell", subnets={"mllp": "10.11.0.0/24"})
    found = declare(lambda: Network("n", args) and None)
    subnets = {each.inputs["name"]: each.inputs for each in found.of("Subnetwork")}
    assert set(subnets) == {"run", "mllp"}
    for each in subnets.values():
        assert each["privateIpGoogleAccess"] is True and each["logConfig"]["flowSampling"] == 1.0
        assert each["region"] == "europe-west3"


def test_only_an_exception_with_a_public_range_brings_nat() -> None:
    private = declare(lambda: Network("n", NetworkArgs(SITE, "cell", exceptions=(LABORATORY,))) and None)
    assert not private.of("RouterNat") and len(private.of("Route")) == 1
    public = declare(lambda: Network("n", NetworkArgs(SITE, "cell", exceptions=(REGISTRY,))) and None)
    assert len(public.of("RouterNat")) == 1
    routes = {each.inputs["destRange"] for each in public.of("Route")}
    assert routes == {"199.36.153.4/30", "198.51.100.0/24"}


@pytest.mark.parametrize(
    "changes",
    [
        {"subnets": {"mllp": "10.10.0.0/24"}},
        {"subnets": {"mllp": "10.20.1.0/24"}},
        {"subnets": {"run": "10.12.0.0/24"}},
        {"subnets": {"mllp": "0.0.0.0/0"}},
        {"exceptions": (REGISTRY, REGISTRY)},
        {"nat_addresses": ("address",)},
        {"nat_addresses": ("address",), "exceptions": (LABORATORY,)},
    ],
)
def test_arguments_that_are_refused(changes: dict[str, Any]) -> None:
    with pytest.raises(ConfigError):
        NetworkArgs(SITE, "cell", **changes)
