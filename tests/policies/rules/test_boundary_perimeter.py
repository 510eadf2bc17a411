"""Perimeters: bridges, rollouts in dry run, rules and members that are resources of their own."""

from __future__ import annotations

from typing import Any

import pytest

from policies.resource import UNKNOWN
from policies.result import Verdict
from policies.rule import RULES
from policies.rules.boundary_perimeter import REQUIRED
from policies.rules.perimeters import PERIMETER, PERIMETERS
from tests.policies.judged import findings, stack, verdict

ACM = "gcp:accesscontextmanager"
NAME = "accessPolicies/1/servicePerimeters/cell"
BRIDGE = {"perimeterType": "PERIMETER_TYPE_BRIDGE", "status": {"resources": ["projects/1"]}}
PER_PERIMETER = [rule for rule in RULES if RULES[rule].types[0] == PERIMETER]


@pytest.mark.parametrize("rule", [rule for rule in PER_PERIMETER if rule != "perimeter-no-any-identity"])
def test_bridges_restrict_nothing(rule: str) -> None:
    assert verdict(rule, BRIDGE) is Verdict.NOT_APPLICABLE


@pytest.mark.parametrize("rule", PER_PERIMETER)
def test_perimeters_of_a_whole_policy_are_judged_one_by_one(rule: str) -> None:
    bad = RULES[rule].fails.resources[0].properties
    good = RULES[rule].passes.resources[0].properties
    (found,) = findings(rule, stack((PERIMETERS, {"servicePerimeters": [good, bad]})))
    assert found.verdict is Verdict.FAILED
    assert found.path.startswith("servicePerimeters[1].")
    assert verdict(rule, {"servicePerimeters": [good]}, PERIMETERS) is Verdict.PASSED


def test_a_perimeter_in_dry_run_is_not_enforced_and_its_specification_is_judged_all_the_same() -> None:
    rehearsed = {"useExplicitDryRunSpec": True, "spec": {"restrictedServices": list(REQUIRED)}}
    assert verdict("perimeter-enforced", rehearsed) is Verdict.FAILED
    assert verdict("perimeter-restricted-services", rehearsed) is Verdict.PASSED
    assert verdict("perimeter-dry-run-equals-enforced", rehearsed) is Verdict.FAILED
    assert verdict("perimeter-accessible-services", rehearsed) is Verdict.FAILED


def member(kind: str, perimeter: object = NAME) -> tuple[str, dict[str, Any]]:
    token = f"{ACM}/{kind[0].lower()}{kind[1:]}:{kind}"
    return token, {"perimeterName": perimeter, "resource": "projects/2"}


def test_members_that_are_resources_of_their_own_count() -> None:
    empty = (PERIMETER, {"id": NAME, "status": {"restrictedServices": list(REQUIRED)}})
    assert verdict("perimeter-enforced", stack(empty)) is Verdict.FAILED
    assert verdict("perimeter-enforced", stack(empty, member("ServicePerimeterResource"))) is Verdict.PASSED
    unknown = member("ServicePerimeterResource", UNKNOWN)
    assert verdict("perimeter-enforced", stack(empty, unknown)) is Verdict.UNPROVEN


def test_members_are_rehearsed_as_they_are_enforced() -> None:
    rule = "perimeter-dry-run-equals-enforced"
    same = {"restrictedServices": list(REQUIRED)}
    both = (PERIMETER, {"id": NAME, "useExplicitDryRunSpec": True, "spec": same, "status": dict(same)})
    enforced, rehearsed = member("ServicePerimeterResource"), member("ServicePerimeterDryRunResource")
    assert verdict(rule, stack(both, enforced)) is Verdict.FAILED
    assert verdict(rule, stack(both, enforced, rehearsed)) is Verdict.PASSED


def test_rules_of_their_own_are_rehearsed_as_they_are_enforced() -> None:
    rule = "perimeter-dry-run-equals-enforced"
    both = (
        PERIMETER,
        {"id": NAME, "useExplicitDryRunSpec": True, "spec": {"title": 1}, "status": {"title": 1}},
    )
    given = {"perimeter": NAME, "title": "ci", "ingressFrom": {"identities": ["user:a@example.org"]}}
    enforced = (f"{ACM}/servicePerimeterIngressPolicy:ServicePerimeterIngressPolicy", given)
    kind = "servicePerimeterDryRunIngressPolicy:ServicePerimeterDryRunIngressPolicy"
    assert verdict(rule, stack(both, enforced)) is Verdict.FAILED
    assert verdict(rule, stack(both, enforced, (f"{ACM}/{kind}", given))) is Verdict.PASSED


def test_order_and_emptiness_are_no_difference() -> None:
    spec = {"resources": ["projects/1", "projects/2"], "egressPolicies": [], "accessLevels": None}
    status = {"resources": ["projects/2", "projects/1"]}
    given = {"useExplicitDryRunSpec": True, "spec": spec, "status": status}
    assert verdict("perimeter-dry-run-equals-enforced", given) is Verdict.PASSED
    assert verdict("perimeter-dry-run-equals-enforced", {**given, "spec": "x"}) is Verdict.UNPROVEN


def test_without_a_specification_of_its_own_there_is_nothing_to_compare() -> None:
    given = {"status": {"resources": ["projects/1"]}, "spec": {}}
    assert verdict("perimeter-dry-run-equals-enforced", given) is Verdict.NOT_APPLICABLE


@pytest.mark.parametrize("missing", REQUIRED)
def test_every_service_of_the_check_must_be_restricted(missing: str) -> None:
    given = {"status": {"restrictedServices": [each for each in REQUIRED if each != missing]}}
    (found,) = findings("perimeter-restricted-services", stack((PERIMETER, given)))
    assert found.verdict is Verdict.FAILED
    assert missing in found.seen


def accessible(*services: str, **more: Any) -> dict[str, Any]:
    access = {"enableRestriction": True, "allowedServices": list(services), **more}
    return {"status": {"restrictedServices": ["run.googleapis.com"], "vpcAccessibleServices": access}}


def test_only_restricted_services_are_reached() -> None:
    rule = "perimeter-accessible-services"
    assert verdict(rule, accessible()) is Verdict.PASSED
    assert verdict(rule, accessible("run.googleapis.com")) is Verdict.PASSED
    assert verdict(rule, accessible("RESTRICTED-SERVICES", "storage.googleapis.com")) is Verdict.FAILED
    patterns = accessible("RESTRICTED-SERVICES", allowedServicePatterns=[{"pattern": "*"}])
    assert verdict(rule, patterns) is Verdict.UNPROVEN


def crossing(way: str, who: object = "ANY_IDENTITY", sources: Any = None, **to: Any) -> dict[str, Any]:
    origin = {"identityType": who, "sources": sources}
    return {"status": {f"{way}Policies": [{f"{way}From": origin, f"{way}To": to}]}}


LEVEL = [{"accessLevel": "accessPolicies/1/accessLevels/clinics"}]
STORAGE = [{"serviceName": "storage.googleapis.com", "methodSelectors": [{"method": "*"}]}]


@pytest.mark.parametrize(
    "given",
    [
        crossing("ingress", sources=[{"accessLevel": "*"}]),
        crossing("ingress", sources=[]),
        crossing("ingress", sources=[{}]),
        crossing("ingress", sources=LEVEL, operations=[{"serviceName": "*"}]),
        crossing("ingress", sources=LEVEL, operations=STORAGE, resources=["*"]),
        crossing("egress", operations=STORAGE, resources=["*"]),
        crossing("egress", operations=[{"serviceName": "*"}], resources=["projects/1"]),
    ],
)
def test_anybody_with_a_star_fails(given: dict[str, Any]) -> None:
    assert verdict("perimeter-no-any-identity", given) is Verdict.FAILED
    rehearsed = {"spec": given["status"]}
    assert verdict("perimeter-no-any-identity", rehearsed) is Verdict.FAILED


@pytest.mark.parametrize(
    "given",
    [
        {},
        crossing("ingress", "ANY_SERVICE_ACCOUNT", [{"accessLevel": "*"}]),
        crossing("ingress", None, [{"accessLevel": "*"}]),
        crossing(
            "ingress", sources=[{"resource": "projects/1"}], operations=STORAGE, resources=["projects/2"]
        ),
        crossing("egress", operations=STORAGE, resources=["projects/1"]),
    ],
)
def test_somebody_or_somewhere_named_passes(given: dict[str, Any]) -> None:
    assert verdict("perimeter-no-any-identity", given) is Verdict.PASSED


def test_rules_that_are_resources_of_their_own_are_judged() -> None:
    given = {"egressFrom": {"identityType": "ANY_IDENTITY"}, "egressTo": {"resources": ["*"]}}
    for kind in ("ServicePerimeterEgressPolicy", "ServicePerimeterDryRunEgressPolicy"):
        token = f"{ACM}/{kind[0].lower()}{kind[1:]}:{kind}"
        assert verdict("perimeter-no-any-identity", given, token) is Verdict.FAILED


@pytest.mark.parametrize("odd", ["ANY", 1, ["ANY_IDENTITY"], UNKNOWN])
def test_an_identity_type_that_nobody_knows_is_unproven(odd: object) -> None:
    assert verdict("perimeter-no-any-identity", crossing("ingress", odd, LEVEL)) is Verdict.UNPROVEN
