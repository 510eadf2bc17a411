"""Firewalls: in which order rules are asked, whom they concern, and every way to say `everything`."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import pytest

from policies.case import Case
from policies.resource import SECRET, UNKNOWN
from policies.result import Verdict
from policies.rules.boundary import NETWORK, SUBNETWORK
from policies.rules.boundary_firewall import (
    ASSOCIATION,
    FIREWALL,
    POLICY,
    POLICY_RULE,
    POLICY_WITH_RULES,
    RULES,
)
from tests.policies.judged import findings, stack, verdict
from tests.policies.state_example import SECRET as WIRE_SECRET

RULE = "network-default-deny-egress"
NET = "projects/p/global/networks/cell"
URL = f"https://www.googleapis.com/compute/v1/{NET}"
EGRESS = {"network": NET, "direction": "EGRESS"}
DENY = {**EGRESS, "denies": [{"protocol": "all"}], "destinationRanges": ["0.0.0.0/0"], "priority": 65534}


def network(*others: tuple[str, Mapping[str, Any]], kind: str | None = "cell", **given: Any) -> Case:
    return stack((NETWORK, {"id": NET, **given}), *others, kind=kind)


def egress(*firewalls: Mapping[str, Any], kind: str | None = "cell") -> Verdict:
    return verdict(RULE, network(*((FIREWALL, each) for each in firewalls), kind=kind))


def test_google_lets_everything_out_until_a_rule_denies_it() -> None:
    assert egress() is Verdict.FAILED
    assert egress(DENY) is Verdict.PASSED
    assert egress({**DENY, "network": URL}) is Verdict.PASSED
    assert egress({**EGRESS, "denies": [{"protocol": "all"}]}) is Verdict.PASSED


def test_a_denial_may_be_in_a_stack_that_is_not_here() -> None:
    assert egress(kind=None) is Verdict.UNPROVEN
    assert egress({**DENY, "network": UNKNOWN}) is Verdict.UNPROVEN


@pytest.mark.parametrize(
    "change",
    [
        {"direction": "INGRESS"},
        {"disabled": True},
        {"denies": [{"protocol": "tcp"}]},
        {"denies": [{"protocol": "all", "ports": ["1"]}]},
        {"destinationRanges": ["10.0.0.0/8"]},
        {"targetTags": ["some"]},
        {"targetServiceAccounts": ["some@p.iam.gserviceaccount.com"]},
        {"network": "projects/p/global/networks/other"},
    ],
)
def test_what_denies_a_part_denies_not_all(change: dict[str, Any]) -> None:
    assert egress({**DENY, **change}) is Verdict.FAILED


def allow(priority: int, *ranges: str, **more: Any) -> dict[str, Any]:
    tcp = [{"protocol": "tcp", "ports": ["443"]}]
    return {**EGRESS, "allows": tcp, "destinationRanges": list(ranges), "priority": priority, **more}


def test_named_ranges_are_let_out_before_the_denial_and_the_internet_is_not() -> None:
    assert egress(DENY, allow(1000, "199.36.153.4/30")) is Verdict.PASSED
    assert egress(DENY, allow(1000, "0.0.0.0/0")) is Verdict.FAILED
    assert egress(DENY, allow(1000, "0.0.0.0/1", "128.0.0.0/1")) is Verdict.FAILED
    assert egress(DENY, allow(1000, "0.0.0.0/0", disabled=True)) is Verdict.PASSED
    assert egress(DENY, allow(65534, "0.0.0.0/0")) is Verdict.PASSED, "a denial wins over its equal"
    assert egress(DENY, allow(65535, "0.0.0.0/0")) is Verdict.PASSED
    assert egress({**DENY, "priority": "soon"}) is Verdict.UNPROVEN


def test_ipv6_needs_a_denial_of_its_own() -> None:
    subnetwork = (SUBNETWORK, {"network": NET, "stackType": "IPV4_IPV6"})
    both = {**DENY, "destinationRanges": ["::/0"]}
    assert verdict(RULE, network(subnetwork, (FIREWALL, DENY))) is Verdict.FAILED
    assert verdict(RULE, network(subnetwork, (FIREWALL, DENY), (FIREWALL, both))) is Verdict.PASSED


DENY_RULE = {
    "firewallPolicy": "cell",
    "direction": "EGRESS",
    "action": "deny",
    "priority": 100,
    "match": {"destIpRanges": ["0.0.0.0/0"], "layer4Configs": [{"ipProtocol": "all"}]},
}
ATTACHED = (ASSOCIATION, {"attachmentTarget": NET, "firewallPolicy": "cell"})


def test_a_firewall_policy_of_the_network_denies_as_well() -> None:
    policy = (POLICY, {"name": "cell"})
    assert verdict(RULE, network(policy, ATTACHED, (POLICY_RULE, DENY_RULE))) is Verdict.PASSED
    assert verdict(RULE, network(policy, (POLICY_RULE, DENY_RULE))) is Verdict.FAILED, "not attached"
    unknown = (ASSOCIATION, {"attachmentTarget": UNKNOWN, "firewallPolicy": "cell"})
    assert verdict(RULE, network(policy, unknown, (POLICY_RULE, DENY_RULE))) is Verdict.UNPROVEN
    inline = (POLICY_WITH_RULES, {"name": "cell", "rules": [DENY_RULE]})
    assert verdict(RULE, network(inline, ATTACHED)) is Verdict.PASSED


def test_vpc_firewall_rules_are_asked_before_policies_unless_the_network_says_otherwise() -> None:
    inline = (POLICY_WITH_RULES, {"name": "cell", "rules": [DENY_RULE]})
    hole = (FIREWALL, allow(1000, "0.0.0.0/0"))
    assert verdict(RULE, network(inline, ATTACHED, hole)) is Verdict.FAILED
    order = {"networkFirewallPolicyEnforcementOrder": "BEFORE_CLASSIC_FIREWALL"}
    assert verdict(RULE, network(inline, ATTACHED, hole, **order)) is Verdict.PASSED


def test_a_policy_rule_for_named_hosts_is_no_hole() -> None:
    hosts = {**DENY_RULE, "action": "allow", "priority": 1}
    named = {"destFqdns": ["example.org"], "layer4Configs": [{"ipProtocol": "tcp"}]}
    everywhere = {"layer4Configs": [{"ipProtocol": "tcp"}]}
    for match, expected in ((named, Verdict.PASSED), (everywhere, Verdict.FAILED)):
        inline = (POLICY_WITH_RULES, {"name": "cell", "rules": [{**hosts, "match": match}, DENY_RULE]})
        assert verdict(RULE, network(inline, ATTACHED)) is expected


def ingress(ports: object, protocol: object = "tcp", **given: Any) -> dict[str, Any]:
    return {"allows": [{"protocol": protocol, "ports": ports}], "sourceRanges": ["0.0.0.0/0"], **given}


@pytest.mark.parametrize(
    "given",
    [
        ingress(["22"]),
        ingress(["3389"]),
        ingress(["1000-4000"]),
        ingress([22]),
        ingress(["ssh"]),
        ingress([]),
        ingress(None, "all"),
        ingress(["22"], "6"),
        ingress(["3389"], "udp"),
        ingress(["22"], "TCP"),
        ingress(["22"], sourceRanges=["::/0"]),
        ingress(["22"], sourceRanges=["10.0.0.0/8", "0.0.0.0/0"]),
        ingress(["22"], sourceRanges=None),
        ingress(["22"], sourceTags=["web"]),
    ],
)
def test_administration_open_to_the_internet_fails(given: dict[str, Any]) -> None:
    assert verdict("firewall-no-open-administration", given) is Verdict.FAILED


@pytest.mark.parametrize(
    "given",
    [
        ingress(["443"]),
        ingress(["22"], "udp"),
        ingress(None, "icmp"),
        ingress(["22"], sourceRanges=["10.0.0.0/8"]),
        ingress(["22"], sourceRanges=None, sourceTags=["bastion"]),
    ],
)
def test_what_the_internet_does_not_reach_passes(given: dict[str, Any]) -> None:
    assert verdict("firewall-no-open-administration", given) is Verdict.PASSED


@pytest.mark.parametrize(
    "given", [ingress(["22"], direction="EGRESS"), ingress(["22"], disabled=True), {"denies": [{}]}]
)
def test_what_lets_nothing_in_is_no_subject(given: dict[str, Any]) -> None:
    assert verdict("firewall-no-open-administration", given) is Verdict.NOT_APPLICABLE


def test_rules_of_every_kind_of_firewall_policy_are_judged() -> None:
    match = {"srcIpRanges": ["0.0.0.0/0"], "layer4Configs": [{"ipProtocol": "tcp", "ports": ["22"]}]}
    given = {"direction": "INGRESS", "action": "allow", "match": match}
    for kind in RULES[1:]:
        wrapped = {"rules": [given]} if kind.endswith("WithRules") else given
        found = findings("firewall-no-open-administration", stack((kind, wrapped)))[0]
        assert found.verdict is Verdict.FAILED
        assert "port 22" in found.message
    narrow = {**given, "match": {**match, "srcIpRanges": None, "srcRegionCodes": ["DE"]}}
    assert verdict("firewall-no-open-administration", narrow, POLICY_RULE) is Verdict.PASSED
    denied = {**given, "action": "deny"}
    assert verdict("firewall-no-open-administration", denied, POLICY_RULE) is Verdict.NOT_APPLICABLE


@pytest.mark.parametrize("odd", ["tcp", [1], {"protocol": "tcp"}])
def test_rules_of_an_odd_form_are_not_passed(odd: object) -> None:
    assert verdict("firewall-no-open-administration", {"allows": odd}) is Verdict.UNPROVEN


@pytest.mark.parametrize("odd", [WIRE_SECRET, SECRET, None, "", [], ["tcp"], {"a": 1}, True, "tpc"])
def test_a_protocol_that_cannot_be_read_is_unproven(odd: Any) -> None:
    given = {"allows": [{"protocol": odd}], "sourceRanges": ["0.0.0.0/0"]}
    assert verdict("firewall-no-open-administration", given) is Verdict.UNPROVEN
    config = {"layer4Configs": [{"ipProtocol": odd}], "srcIpRanges": ["0.0.0.0/0"]}
    rule = {"direction": "INGRESS", "action": "allow", "match": config}
    assert verdict("firewall-no-open-administration", rule, POLICY_RULE) is Verdict.UNPROVEN


def test_a_missing_protocol_is_unproven() -> None:
    given = {"allows": [{"ports": ["22"]}], "sourceRanges": ["0.0.0.0/0"]}
    assert verdict("firewall-no-open-administration", given) is Verdict.UNPROVEN


@pytest.mark.parametrize(
    ("protocol", "expected"),
    [
        (6, Verdict.FAILED),
        ("TCP", Verdict.FAILED),
        ("17", Verdict.FAILED),
        ("icmp", Verdict.PASSED),
        ("1", Verdict.PASSED),
    ],
)
def test_protocols_by_name_and_number(protocol: Any, expected: Verdict) -> None:
    given = {"allows": [{"protocol": protocol}], "sourceRanges": ["0.0.0.0/0"]}
    assert verdict("firewall-no-open-administration", given) is expected


def test_a_secret_action_is_unproven() -> None:
    rule = {
        "direction": "INGRESS",
        "action": WIRE_SECRET,
        "match": {"layer4Configs": [{"ipProtocol": "tcp"}]},
    }
    assert verdict("firewall-no-open-administration", rule, POLICY_RULE) is Verdict.UNPROVEN
