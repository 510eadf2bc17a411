"""The boundary: what is open by Google's default, and what is no subject of the control."""

from __future__ import annotations

from typing import Any

import pytest

from policies.resource import UNKNOWN
from policies.result import Verdict
from policies.rule import RULES
from policies.rules.boundary import JOB, NETWORK, PROJECT, SUBNETWORK, WORKER_POOL
from tests.policies.judged import verdict


@pytest.mark.parametrize(
    "settings", [{}, {"ipConfiguration": {}}, {"ipConfiguration": {"ipv4Enabled": None}}]
)
def test_a_database_is_public_unless_told_otherwise(settings: dict[str, Any]) -> None:
    assert verdict("sql-no-public-ip", {"settings": settings}) is Verdict.FAILED


def networks(*values: object) -> dict[str, Any]:
    listed = [{"name": "n", "value": value} for value in values]
    return {"settings": {"ipConfiguration": {"authorizedNetworks": listed}}}


@pytest.mark.parametrize("value", ["::/0", "0.0.0.0/1", "128.0.0.0/1", "10.0.0.1/0", "2000::/3", None, "any"])
def test_half_of_the_internet_is_as_open_as_the_whole(value: object) -> None:
    assert verdict("sql-no-open-network", networks("203.0.113.0/24", value)) is Verdict.FAILED


@pytest.mark.parametrize("given", [{}, {"settings": {"ipConfiguration": {"authorizedNetworks": []}}}])
def test_no_authorised_network_lets_nobody_in(given: dict[str, Any]) -> None:
    assert verdict("sql-no-open-network", given) is Verdict.PASSED


@pytest.mark.parametrize("odd", ["0.0.0.0/0", {"value": "0.0.0.0/0"}, ["0.0.0.0/0"], UNKNOWN])
def test_networks_of_an_odd_form_are_not_passed(odd: object) -> None:
    given = {"settings": {"ipConfiguration": {"authorizedNetworks": odd}}}
    assert verdict("sql-no-open-network", given) is Verdict.UNPROVEN


def test_the_default_network_fails_by_name_and_by_project() -> None:
    default = {"name": "default", "autoCreateSubnetworks": False}
    assert verdict("network-custom-subnets", default, NETWORK) is Verdict.FAILED
    assert verdict("network-custom-subnets", {}, NETWORK) is Verdict.FAILED
    assert verdict("network-custom-subnets", {}, PROJECT) is Verdict.FAILED
    assert verdict("network-custom-subnets", {"autoCreateNetwork": False}, PROJECT) is Verdict.PASSED
    assert verdict("network-custom-subnets", {"autoCreateNetwork": UNKNOWN}, PROJECT) is Verdict.UNPROVEN


@pytest.mark.parametrize("rule", ["subnet-private-google-access", "subnet-flow-logs"])
def test_subnetworks_of_proxies_hold_no_machines(rule: str) -> None:
    assert verdict(rule, {"purpose": "REGIONAL_MANAGED_PROXY"}, SUBNETWORK) is Verdict.NOT_APPLICABLE
    assert verdict(rule, {"purpose": "PRIVATE"}, SUBNETWORK) is Verdict.FAILED


@pytest.mark.parametrize("rule", ["subnet-private-google-access", "subnet-flow-logs", "firewall-logs"])
def test_what_is_mended_passes_and_keeps_the_rest(rule: str) -> None:
    mend = RULES[rule].mend
    assert mend is not None
    mended = mend({"name": "kept"})
    assert mended["name"] == "kept"
    assert verdict(rule, mended) is Verdict.PASSED


ALL_TRAFFIC = {"egress": "ALL_TRAFFIC", "networkInterfaces": [{"network": "n"}]}


def test_jobs_and_worker_pools_are_judged_where_their_template_is() -> None:
    rule = "run-egress-all-vpc"
    assert verdict(rule, {"template": {"template": {"vpcAccess": ALL_TRAFFIC}}}, JOB) is Verdict.PASSED
    assert verdict(rule, {"template": {"vpcAccess": ALL_TRAFFIC}}, JOB) is Verdict.FAILED
    assert verdict(rule, {"template": {"vpcAccess": ALL_TRAFFIC}}, WORKER_POOL) is Verdict.PASSED


@pytest.mark.parametrize(
    "access",
    [
        None,
        {},
        {"egress": "ALL_TRAFFIC"},
        {"networkInterfaces": [{}]},
        {"egress": "all-traffic"},
        "ALL_TRAFFIC",
    ],
)
def test_what_bypasses_the_network_fails(access: object) -> None:
    assert verdict("run-egress-all-vpc", {"template": {"vpcAccess": access}}) is Verdict.FAILED


def test_a_connector_is_a_way_into_the_network_too() -> None:
    access = {"egress": "ALL_TRAFFIC", "connector": "projects/p/locations/l/connectors/c"}
    assert verdict("run-egress-all-vpc", {"template": {"vpcAccess": access}}) is Verdict.PASSED
