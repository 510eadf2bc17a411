from __future__ import annotations

from infra.network.network import Network, NetworkArgs
from tests.infra.engine import declare
from tests.infra.sites import SITE


def test_custom_network_without_a_default_route() -> None:
    found = declare(lambda: Network("n", NetworkArgs(SITE, "cell")) and None)
    network = found.one("compute/network:Network").inputs
    assert network["autoCreateSubnetworks"] is False
    assert network["deleteDefaultRoutesOnCreate"] is True
    assert [each.inputs["destRange"] for each in found.of("Route")] == ["199.36.153.4/30"]
    assert found.one("GlobalAddress").inputs["purpose"] == "VPC_PEERING"
