"""What networks and databases log: defaults that log a part, and what cannot log."""

from __future__ import annotations

from typing import Any

import pytest

from policies.resource import UNKNOWN
from policies.result import Verdict
from policies.rule import RULES
from policies.rules.audit_logs import DNS_POLICY
from policies.rules.boundary import NETWORK
from policies.rules.boundary_edge import REGION_BACKEND
from policies.rules.boundary_firewall import FIREWALL, POLICY_RULE, POLICY_WITH_RULES
from tests.policies.judged import stack, verdict

FLOWS = {"flowSampling": 1}


@pytest.mark.parametrize(
    "config",
    [
        None,
        {},
        "on",
        {"flowSampling": 0.5},
        {"flowSampling": True},
        {**FLOWS, "aggregationInterval": "INTERVAL_15_MIN"},
        {**FLOWS, "metadata": "EXCLUDE_ALL_METADATA"},
        {**FLOWS, "filterExpr": "false"},
    ],
)
def test_flows_are_logged_whole_or_not_enough(config: object) -> None:
    assert verdict("subnet-flow-logs", {"logConfig": config}) is Verdict.FAILED


def test_defaults_of_flow_logs_are_whole_but_for_the_sampling() -> None:
    assert verdict("subnet-flow-logs", {"logConfig": FLOWS}) is Verdict.PASSED
    assert verdict("subnet-flow-logs", {"logConfig": {**FLOWS, "filterExpr": "true"}}) is Verdict.PASSED


@pytest.mark.parametrize("config", [None, {}, "on", {"metadata": ""}])
def test_a_firewall_without_a_configuration_logs_nothing(config: object) -> None:
    assert verdict("firewall-logs", {"logConfig": config}, FIREWALL) is Verdict.FAILED


def test_rules_of_policies_log_by_a_switch() -> None:
    assert verdict("firewall-logs", {"enableLogging": True}, POLICY_RULE) is Verdict.PASSED
    assert verdict("firewall-logs", {"action": "deny"}, POLICY_RULE) is Verdict.FAILED
    assert verdict("firewall-logs", {"action": "goto_next"}, POLICY_RULE) is Verdict.NOT_APPLICABLE
    assert verdict("firewall-logs", {"disabled": True}, FIREWALL) is Verdict.NOT_APPLICABLE
    mixed = {"rules": [{"enableLogging": True}, {"enableLogging": False}]}
    assert verdict("firewall-logs", mixed, POLICY_WITH_RULES) is Verdict.FAILED


@pytest.mark.parametrize(
    ("kind", "given"),
    [
        (POLICY_RULE, {"firewallPolicy": "p", "action": "deny"}),
        (POLICY_WITH_RULES, {"rules": [{"action": "deny"}]}),
    ],
)
def test_rules_of_policies_are_mended_in_their_own_way(kind: str, given: dict[str, Any]) -> None:
    mend = RULES["firewall-logs"].mend
    assert mend is not None
    assert verdict("firewall-logs", mend(given), kind) is Verdict.PASSED


@pytest.mark.parametrize(
    "config", [None, {}, {"enable": True, "sampleRate": 0.1}, {"enable": True, "sampleRate": 0}]
)
@pytest.mark.parametrize("kind", ["", REGION_BACKEND])
def test_a_balancer_logs_all_requests(config: object, kind: str) -> None:
    assert verdict("backend-logs", {"logConfig": config}, kind) is Verdict.FAILED
    assert verdict("backend-logs", {"logConfig": {"enable": True}}, kind) is Verdict.PASSED


NET = "projects/p/global/networks/cell"


def queries(policy: dict[str, Any] | None, kind: str | None = "cell") -> Verdict:
    more = [(DNS_POLICY, policy)] if policy is not None else []
    return verdict("network-dns-logs", stack((NETWORK, {"id": NET}), *more, kind=kind))


def test_queries_are_logged_by_the_policy_of_the_network() -> None:
    own = {"networks": [{"networkUrl": NET}], "enableLogging": True}
    assert queries(own) is Verdict.PASSED
    assert queries({**own, "enableLogging": None}) is Verdict.FAILED
    assert (
        queries({**own, "networks": [{"networkUrl": "projects/p/global/networks/other"}]}) is Verdict.FAILED
    )
    assert queries(None) is Verdict.FAILED
    assert queries(None, kind=None) is Verdict.UNPROVEN
    assert queries({**own, "networks": [{"networkUrl": UNKNOWN}]}) is Verdict.UNPROVEN


def flags(version: str | None = "POSTGRES_17", **given: str) -> dict[str, Any]:
    listed = [{"name": name.replace("__", "."), "value": value} for name, value in given.items()]
    return {"databaseVersion": version, "settings": {"databaseFlags": listed}}


@pytest.mark.parametrize("rule", ["sql-pgaudit", "sql-connection-logs"])
def test_flags_of_postgresql_are_asked_of_postgresql_alone(rule: str) -> None:
    assert verdict(rule, flags("MYSQL_8_4")) is Verdict.NOT_APPLICABLE
    assert verdict(rule, flags("SQLSERVER_2022_STANDARD")) is Verdict.NOT_APPLICABLE
    assert verdict(rule, flags()) is Verdict.FAILED
    assert verdict(rule, {}) is Verdict.FAILED
    assert verdict(rule, {"settings": {"databaseFlags": "on"}}) is Verdict.UNPROVEN


@pytest.mark.parametrize(
    ("log", "expected"),
    [
        ("ddl,role", Verdict.PASSED),
        ("role, ddl, write", Verdict.PASSED),
        ("ALL", Verdict.PASSED),
        ("none", Verdict.FAILED),
        ("read", Verdict.FAILED),
    ],
)
def test_pgaudit_records_what_it_is_told(log: str, expected: Verdict) -> None:
    assert verdict("sql-pgaudit", flags(cloudsql__enable_pgaudit="on", pgaudit__log=log)) is expected


def test_pgaudit_that_is_told_nothing_records_nothing() -> None:
    assert verdict("sql-pgaudit", flags(cloudsql__enable_pgaudit="on")) is Verdict.FAILED


def test_the_end_of_a_connection_is_logged_too() -> None:
    rule = "sql-connection-logs"
    assert verdict(rule, flags(log_connections="all", log_disconnections="on")) is Verdict.PASSED
    assert verdict(rule, flags(log_connections="on", log_disconnections="off")) is Verdict.FAILED
