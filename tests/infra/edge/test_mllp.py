from __future__ import annotations

from dataclasses import replace
from typing import Any

import pytest

from infra.edge.mllp import Mllp, MllpArgs
from infra.errors import ConfigError
from tests.infra.edge.adapters import ADAPTER
from tests.infra.engine import declare
from tests.infra.sites import SITE

INTERNAL = MllpArgs(SITE, "cell", ADAPTER, {"riverside": ("10.80.0.0/16",)})
EXTERNAL = replace(INTERNAL, exposure="EXTERNAL", hospitals={"riverside": ("198.51.100.0/28",)})


@pytest.mark.parametrize("args", [INTERNAL, EXTERNAL], ids=lambda args: args.exposure)
def test_packets_pass_through_to_the_group_on_one_port(args: MllpArgs) -> None:
    found = declare(lambda: Mllp("m", args) and None)
    rule = found.one("forwardingRule:ForwardingRule").inputs
    assert (rule["ports"], rule["ipProtocol"]) == (["2575"], "TCP")
    assert rule["loadBalancingScheme"] == args.exposure and rule["ipAddress"] == "203.0.113.20"
    backend = found.one("RegionBackendService").inputs
    assert backend["backends"] == [
        {"group": "projects/careplane-cell/instanceGroups/mllp", "balancingMode": "CONNECTION"}
    ]
    assert backend["protocol"] == "TCP" and backend["logConfig"]["sampleRate"] == 1.0
    assert found.one("RegionHealthCheck").inputs["tcpHealthCheck"] == {"port": 2575}
    assert found.one("address:Address").protect
    inside = args.exposure == "INTERNAL"
    assert ("subnetwork" in rule, "network" in backend) == (inside, inside)


def test_says_where_and_who() -> None:
    def program() -> dict[str, Any]:
        made = Mllp("m", INTERNAL)
        return {"address": made.address, "member": made.member}

    assert declare(program).outputs == {
        "address": "203.0.113.20",
        "member": "serviceAccount:mllp-adapter@careplane-cell.iam.gserviceaccount.com",
    }


@pytest.mark.parametrize(
    "changes",
    [
        {"exposure": "BOTH"},
        {"exposure": "EXTERNAL"},
        {"hospitals": {}},
        {"hospitals": {"riverside": ("0.0.0.0/0",)}},
        {"adapter": replace(ADAPTER, port=22)},
        {"adapter": replace(ADAPTER, port=3389)},
    ],
)
def test_arguments_that_are_refused(changes: dict[str, Any]) -> None:
    with pytest.raises(ConfigError, match="mllp"):
        replace(INTERNAL, **changes)
