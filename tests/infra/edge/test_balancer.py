from __future__ import annotations

import pytest

from infra.edge.balancer import Balancer, BalancerArgs, HostBackend
from infra.errors import ConfigError
from tests.infra.engine import declare
from tests.infra.sites import SITE

ARGS = BalancerArgs(
    SITE, "eu.careplane.example", "backend", "map", "policy", (HostBackend("riverside", "own"),)
)


def test_https_alone_reaches_a_backend_on_both_ip_versions() -> None:
    found = declare(lambda: Balancer("b", ARGS) and None)
    proxy = found.one("TargetHttpsProxy").inputs
    assert (proxy["certificateMap"], proxy["sslPolicy"]) == ("map", "policy")
    assert proxy["tlsEarlyData"] == "DISABLED"
    rules = [each.inputs for each in found.of("GlobalForwardingRule")]
    assert sorted((rule["portRange"], rule["ipAddress"]) for rule in rules) == [
        ("443", "2001:db8::10"),
        ("443", "203.0.113.10"),
        ("80", "2001:db8::10"),
        ("80", "203.0.113.10"),
    ]
    plain = found.one("TargetHttpProxy").inputs["urlMap"]
    assert "defaultService" not in found.one("URLMap", plain).inputs


def test_addresses_are_protected() -> None:
    found = declare(lambda: Balancer("b", ARGS) and None)
    assert all(each.protect for each in found.of("GlobalAddress"))


def test_a_tenants_own_backend() -> None:
    urls = declare(lambda: Balancer("b", ARGS) and None).one("URLMap", "b").inputs
    matchers = {each["name"]: each["defaultService"] for each in urls["pathMatchers"]}
    assert matchers == {"tenants": "backend", "tenant-riverside": "own"}
    assert urls["hostRules"][1]["hosts"] == ["riverside.eu.careplane.example"]


@pytest.mark.parametrize("hosts", [("riverside", "riverside"), ("a.b",)])
def test_host_twice_or_no_label(hosts: tuple[str, ...]) -> None:
    backends = tuple(HostBackend(each, "own") for each in hosts)
    with pytest.raises(ConfigError, match=r"balancer\.hosts"):
        BalancerArgs(SITE, "eu.careplane.example", "backend", "map", "policy", backends)
