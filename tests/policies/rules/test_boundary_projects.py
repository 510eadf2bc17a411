"""Projects: in the perimeter of their cell, by number."""

from __future__ import annotations

from typing import Any

import pytest

from policies.case import Case, Given
from policies.resource import UNKNOWN
from policies.result import Verdict
from policies.rules.boundary import PROJECT
from policies.rules.perimeters import PERIMETER
from policies.stack import ROOT
from tests.policies.judged import SETTINGS, findings, stack

RULE = "project-in-perimeter"
CELL = (PROJECT, {"projectId": "cell", "number": "1"})
DATASET = ("gcp:healthcare/dataset:Dataset", {"project": "cell"})


def perimeter(**given: Any) -> tuple[str, dict[str, Any]]:
    return PERIMETER, {"id": "accessPolicies/1/servicePerimeters/cell", **given}


def verdicts(*given: Any, kind: str | None = "cell") -> list[str]:
    """Of the projects, then of the stack."""
    return [found.verdict.value for found in findings(RULE, stack(*given, kind=kind))]


def test_the_enforced_members_count_and_the_rehearsed_ones_only_while_nothing_is_enforced() -> None:
    members = {"resources": ["projects/1"]}
    assert verdicts(CELL, perimeter(status=members))[0] == "passed"
    assert verdicts(CELL, perimeter(spec=members))[0] == "passed"
    assert verdicts(CELL, perimeter(spec=members, status={"resources": []}))[0] == "failed"
    bridge = perimeter(status=members, perimeterType="PERIMETER_TYPE_BRIDGE")
    assert verdicts(CELL, bridge)[0] == "failed"


def test_a_member_that_is_a_resource_of_its_own_counts() -> None:
    token = "gcp:accesscontextmanager/servicePerimeterResource:ServicePerimeterResource"
    member = (token, {"perimeterName": "accessPolicies/1/servicePerimeters/cell", "resource": "projects/1"})
    assert verdicts(CELL, perimeter(status={}), member)[0] == "passed"


def test_what_is_not_known_yet_is_unproven() -> None:
    assert verdicts(CELL, perimeter(status={"resources": [UNKNOWN]}))[0] == "unproven"
    unnumbered = (PROJECT, {"projectId": "cell"})
    assert verdicts(unnumbered, perimeter(status={"resources": ["projects/1"]}))[0] == "unproven"


def test_no_perimeter_fails_in_a_cell_and_may_be_elsewhere_in_a_stack_of_no_kind() -> None:
    assert verdicts(CELL) == ["failed", "not_applicable"]
    assert verdicts(CELL, kind=None) == ["unproven", "not_applicable"]


@pytest.mark.parametrize("kind", ["organization", "foundation", "tenant"])
def test_other_stacks_make_no_perimeter(kind: str) -> None:
    assert verdicts(CELL, DATASET, kind=kind) == ["not_applicable", "not_applicable"]


def test_projects_that_were_made_elsewhere_are_not_passed() -> None:
    assert verdicts(DATASET) == ["failed"]
    assert verdicts(DATASET, kind=None) == ["unproven"]
    assert verdicts(DATASET, perimeter(status={"resources": ["projects/1"]})) == ["unproven"]
    assert verdicts(CELL, DATASET, perimeter(status={"resources": ["projects/1"]})) == [
        "passed",
        "not_applicable",
    ]


def test_a_second_site_works_in_the_projects_of_the_first() -> None:
    given = (Given(ROOT, {}, "stack"), Given(*DATASET))
    for settings, name in (({"pairedCell": "eu-cell"}, "eu-other"), ({}, "eu-cell-2")):
        case = Case(given, {**SETTINGS, "kind": "cell", **settings}, name)
        (found,) = findings(RULE, case)
        assert found.verdict is Verdict.NOT_APPLICABLE
        assert "first site" in found.message
