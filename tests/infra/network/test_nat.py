from __future__ import annotations

import pytest

from infra.errors import ConfigError
from infra.network.nat import Nat, NatArgs
from tests.infra.engine import declare
from tests.infra.sites import SITE


def test_logs_everything_and_serves_only_named_subnetworks() -> None:
    found = declare(lambda: Nat("n", NatArgs(SITE, "cell", ("run",))) and None)
    nat = found.one("RouterNat").inputs
    assert nat["logConfig"] == {"enable": True, "filter": "ALL"}
    assert nat["sourceSubnetworkIpRangesToNat"] == "LIST_OF_SUBNETWORKS"
    assert nat["subnetworks"] == [{"name": "run", "sourceIpRangesToNats": ["ALL_IP_RANGES"]}]
    assert nat["natIpAllocateOption"] == "AUTO_ONLY" and "natIps" not in nat
    assert found.one("compute/router:Router").inputs["region"] == "europe-west3"


def test_fixed_addresses() -> None:
    found = declare(lambda: Nat("n", NatArgs(SITE, "cell", ("run",), ("address",))) and None)
    assert found.one("RouterNat").inputs["natIpAllocateOption"] == "MANUAL_ONLY"


def test_no_subnetwork_or_too_few_ports() -> None:
    with pytest.raises(ConfigError, match=r"nat\.subnetworks"):
        NatArgs(SITE, "cell", ())
    with pytest.raises(ConfigError, match="32 to 65536"):
        NatArgs(SITE, "cell", ("run",), ports=8)
