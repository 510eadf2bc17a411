from __future__ import annotations

from dataclasses import replace
from typing import Any

import pytest

from infra.errors import ConfigError, ResidencyError
from infra.recovery.subnet import SecondSubnet, SecondSubnetArgs
from tests.infra.engine import Declared, declare
from tests.infra.sites import SITE

NETWORK = "projects/careplane-cell/global/networks/cell"
AGENT = "serviceAccount:service-210987654321@serverless-robot-prod.iam.gserviceaccount.com"
SECOND = replace(SITE, region="europe-west4")


def subnet(**guests: str) -> Declared:
    args = SecondSubnetArgs(SECOND, NETWORK, "10.12.0.0/20", guests)

    def program() -> dict[str, Any]:
        return {"id": SecondSubnet("n", args).id}

    return declare(program)


def test_a_subnetwork_of_the_cells_network_with_flow_logs_and_private_google_access() -> None:
    found = subnet()
    made = found.one("Subnetwork").inputs
    assert (made["network"], made["region"], made["ipCidrRange"]) == (NETWORK, "europe-west4", "10.12.0.0/20")
    assert made["privateIpGoogleAccess"] is True and made["logConfig"]["flowSampling"] == 1.0
    assert found.outputs["id"] == "projects/careplane-cell/regions/europe-west4/subnetworks/run-europe-west4"


def test_only_cloud_run_of_the_tenants_named_may_use_it() -> None:
    assert not subnet().of("SubnetworkIAMMember")
    grant = subnet(riverside=AGENT).one("SubnetworkIAMMember").inputs
    assert grant["member"] == AGENT and grant["role"] == "roles/compute.networkUser"
    assert grant["subnetwork"] == "run-europe-west4"


def test_a_range_that_is_none() -> None:
    with pytest.raises(ConfigError, match="addresses"):
        SecondSubnetArgs(SECOND, NETWORK, "10.12.0.0/33")


def test_a_region_outside_the_jurisdiction() -> None:
    with pytest.raises(ResidencyError, match="us-east4"):
        SecondSubnetArgs(replace(SITE, region="us-east4"), NETWORK, "10.12.0.0/20")
