"""The edge: which backends the internet reaches, and which rules of a policy enforce."""

from __future__ import annotations

from typing import Any

import pytest

from policies.resource import UNKNOWN
from policies.result import Verdict
from policies.rules.boundary_edge import BACKEND, POLICY, REGION_BACKEND
from tests.policies.judged import findings, stack, verdict

RULE = "backend-armor"
ID = "projects/p/global/securityPolicies/edge"
DENY = {"action": "deny(403)", "preview": False}


def armored(*rules: Any, separate: tuple[dict[str, Any], ...] = ()) -> Verdict:
    more = [("gcp:compute/securityPolicyRule:SecurityPolicyRule", each) for each in separate]
    policy = (POLICY, {"id": ID, "name": "edge", "rules": list(rules)})
    return verdict(RULE, stack((BACKEND, {"securityPolicy": ID}), policy, *more))


@pytest.mark.parametrize("action", ["deny(403)", "throttle", "rate_based_ban", "redirect"])
def test_one_rule_that_refuses_is_enough(action: str) -> None:
    assert armored({"action": "allow"}, {"action": action}) is Verdict.PASSED


def test_rules_that_only_watch_fail() -> None:
    assert armored(DENY, {"action": "deny(403)", "preview": True}) is Verdict.FAILED
    assert armored({"action": "allow"}) is Verdict.FAILED
    assert armored() is Verdict.FAILED


def test_rules_that_are_resources_of_their_own_count() -> None:
    assert armored(separate=({"securityPolicy": "edge", **DENY},)) is Verdict.PASSED
    assert armored(DENY, separate=({"securityPolicy": "edge", "preview": True},)) is Verdict.FAILED


def test_no_policy_fails_and_one_that_is_elsewhere_is_unproven() -> None:
    assert verdict(RULE, {}, BACKEND) is Verdict.FAILED
    assert verdict(RULE, {"securityPolicy": ID}, BACKEND) is Verdict.UNPROVEN
    assert verdict(RULE, {"securityPolicy": UNKNOWN}, BACKEND) is Verdict.UNPROVEN


@pytest.mark.parametrize(
    ("kind", "given"),
    [
        (BACKEND, {"loadBalancingScheme": "INTERNAL_MANAGED"}),
        (REGION_BACKEND, {}),
        (REGION_BACKEND, {"loadBalancingScheme": "EXTERNAL", "protocol": "TCP"}),
    ],
)
def test_what_the_internet_does_not_reach_through_a_proxy_is_no_subject(kind: str, given: Any) -> None:
    assert verdict(RULE, given, kind) is Verdict.NOT_APPLICABLE


def test_a_regional_external_balancer_is_judged() -> None:
    given = {"loadBalancingScheme": "EXTERNAL_MANAGED"}
    (found,) = findings(RULE, stack((REGION_BACKEND, given)))
    assert found.verdict is Verdict.FAILED
    assert found.path == "securityPolicy"
