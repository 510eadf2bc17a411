"""The OSCAL documents: valid for trestle, referring to each other, the same for the same report."""

from __future__ import annotations

import argparse
import json
import re
from functools import cache
from pathlib import Path
from typing import Any

import pytest

from policies.report import oscal
from policies.report.oscal.documents import _model
from policies.report.oscal.parts import control_id, token
from policies.result import Report, Verdict
from tests.policies.report.reports import covered, every_verdict, finding, report

UUID = re.compile(r"^[0-9a-f]{8}-[0-9a-f]{4}-5[0-9a-f]{3}-[89ab][0-9a-f]{3}-[0-9a-f]{12}$")
TYPES = {
    "catalog.json": ("catalog", "catalogs"),
    "profile.json": ("profile", "profiles"),
    "component-definition.json": ("component-definition", "component-definitions"),
    "system-security-plan.json": ("system-security-plan", "system-security-plans"),
    "assessment-plan.json": ("assessment-plan", "assessment-plans"),
    "assessment-results.json": ("assessment-results", "assessment-results"),
    "poam.json": ("plan-of-action-and-milestones", "plan-of-action-and-milestones"),
}


def rendered(of: Report) -> dict[str, str]:
    return oscal.render(of, covered(of))


@cache
def example() -> dict[str, Any]:
    return {name: json.loads(text) for name, text in rendered(every_verdict()).items()}


def values(part: Any, key: str) -> list[str]:
    """Every value of a key, at any depth."""
    if isinstance(part, dict):
        own = [part[key]] if isinstance(part.get(key), str) else []
        return own + [value for each in part.values() for value in values(each, key)]
    return [value for each in part for value in values(each, key)] if isinstance(part, list) else []


def result() -> dict[str, Any]:
    found: dict[str, Any] = example()["assessment-results.json"]["assessment-results"]["results"][0]
    return found


def status(of: Report) -> dict[str, Any]:
    document = json.loads(rendered(of)["assessment-results.json"])
    found: dict[str, Any] = document["assessment-results"]["results"][0]["findings"][0]["target"]["status"]
    return found


@pytest.mark.parametrize("file", oscal.FILES)
def test_trestle_loads_it_back_and_its_validators_pass(
    file: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    from trestle.core.validator_factory import validator_factory

    kind, folder = TYPES[file]
    (tmp_path / ".trestle").mkdir()
    path = tmp_path / folder / "report" / f"{kind}.json"
    path.parent.mkdir(parents=True)
    made = rendered(every_verdict())
    path.write_text(made[file])
    for name, text in made.items():
        (path.parent / name).write_text(text)
    monkeypatch.chdir(path.parent)  # where trestle looks for a profile of a relative address
    asked = argparse.Namespace(
        trestle_root=tmp_path, type=kind, name="report", all=False, file=None, quiet=True, mode="all"
    )
    assert validator_factory.get(asked).validate(asked) == 0
    again = json.loads(_model(file).model_validate_json(path.read_text()).oscal_serialize_json(wrapped=False))
    assert again.keys() == example()[file].keys()


@pytest.mark.parametrize("file", oscal.FILES)
def test_trestle_refuses_a_document_that_is_not_whole(file: str) -> None:
    document = json.loads(json.dumps(example()[file]))
    (whole,) = document.values()
    del whole["metadata"]
    with pytest.raises(ValueError, match="metadata"):
        _model(file).model_validate(document)


def test_identifiers_are_made_from_content() -> None:
    first, second = rendered(every_verdict()), rendered(every_verdict())
    assert first == second
    assert all(UUID.match(each) for document in example().values() for each in values(document, "uuid"))
    later = rendered(report(finding(Verdict.FAILED), at="2026-11-26T14:00:00+00:00"))
    ids = [
        json.loads(each["assessment-results.json"])["assessment-results"]["uuid"] for each in (first, later)
    ]
    assert ids[0] != ids[1]


@pytest.mark.parametrize(
    ("verdicts", "state", "reason"),
    [
        ([Verdict.PASSED], "satisfied", "pass"),
        ([Verdict.PASSED, Verdict.FAILED], "not-satisfied", "fail"),
        ([Verdict.PASSED, Verdict.UNPROVEN], "not-satisfied", "other"),
        ([Verdict.PASSED, Verdict.WAIVED], "not-satisfied", "other"),
        ([Verdict.UNPROVEN, Verdict.FAILED], "not-satisfied", "fail"),
    ],
)
def test_one_verdict_against_a_check_and_it_is_not_satisfied(
    verdicts: list[Verdict], state: str, reason: str
) -> None:
    of = report(*(finding(verdict, f"r{index}") for index, verdict in enumerate(verdicts)))
    assert status(of) == {"state": state, "reason": reason}


def test_what_does_not_apply_is_observed_and_found_neither_way() -> None:
    document = json.loads(rendered(report(finding(Verdict.NOT_APPLICABLE)))["assessment-results.json"])
    judged = document["assessment-results"]["results"][0]
    assert "findings" not in judged
    assert len(judged["observations"]) == 1


def test_a_waived_failure_is_a_risk_with_an_approved_deviation_and_an_item_to_do() -> None:
    risks = {each["status"]: each for each in result()["risks"]}
    waived = risks["deviation-approved"]
    assert waived["deadline"].startswith("2027-01-31")
    assert waived["risk-log"]["entries"][0]["status-change"] == "deviation-approved"
    assert waived["mitigating-factors"][0]["description"] == "No patient data is sent to it."
    plan = example()["poam.json"]["plan-of-action-and-milestones"]
    todo = {each["related-risks"][0]["risk-uuid"]: each for each in plan["poam-items"]}
    assert todo.keys() == {each["uuid"] for each in risks.values()}
    assert "before the waiver expires" in todo[waived["uuid"]]["description"]


def test_an_unproven_check_is_a_risk_under_investigation() -> None:
    assert {each["status"] for each in result()["risks"]} == {"open", "investigating", "deviation-approved"}


def test_every_reference_leads_somewhere() -> None:
    documents = example()
    defined = {uuid for document in documents.values() for uuid in values(document, "uuid")}
    for key in (
        "subject-uuid",
        "component-uuid",
        "actor-uuid",
        "activity-uuid",
        "risk-uuid",
        "observation-uuid",
        "finding-uuid",
    ):
        named = {uuid for document in documents.values() for uuid in values(document, key)}
        assert named and named <= defined, key
    objectives = set(values(documents["assessment-plan.json"], "id"))
    assert set(values(result()["findings"], "target-id")) <= objectives
    hrefs = {
        each
        for document in documents.values()
        for each in values(document, "href")
        if not each.startswith("http")
    }
    local = {each for each in hrefs if not each.startswith("#")}
    assert local <= set(documents) and hrefs == local


def test_every_control_that_is_named_is_in_the_catalogue() -> None:
    documents = example()
    known = set(values(documents["catalog.json"], "id"))
    for file, document in documents.items():
        assert set(values(document, "control-id")) <= known, file


def test_the_controls_of_the_plan_are_those_of_the_security_plan() -> None:
    plan = example()["assessment-plan.json"]["assessment-plan"]["reviewed-controls"]
    security = example()["system-security-plan.json"]["system-security-plan"]["control-implementation"]
    assert set(values(plan, "control-id")) <= set(values(security, "control-id"))


def test_the_component_definition_says_who_answers_for_each_control() -> None:
    component = example()["component-definition.json"]["component-definition"]["components"][0]
    frameworks = component["control-implementations"]
    assert len(frameworks) == len(covered(every_verdict()))
    first = frameworks[0]["implemented-requirements"][0]
    assert {"responsibility", "implementation-status"} <= {each["name"] for each in first["props"]}


def test_it_says_where_it_comes_from() -> None:
    for file, document in example().items():
        (whole,) = document.values()
        facts = {each["name"]: each["value"] for each in whole["metadata"]["props"]}
        assert facts["state-sha256"] == "ab" * 32, file
        assert facts["profile"] == "saas" and facts["policy-pack-version"] == "0.1.0"
    assert any(each["name"].startswith("coverage.hipaa.") for each in result()["props"])


def test_nothing_against_any_check_is_a_plan_that_says_so() -> None:
    document = json.loads(rendered(report(finding(Verdict.PASSED)))["poam.json"])
    (item,) = document["plan-of-action-and-milestones"]["poam-items"]
    assert item["title"] == "Nothing to do"


@pytest.mark.parametrize(
    ("framework", "control", "expected"),
    [
        ("nist", "SA-9(5)", "sa-9.5"),
        ("hipaa", "164.312(a)(2)(iv)", "hipaa-164.312.a.2.iv"),
        ("gdpr", "25", "gdpr-25"),
        ("onc", "(g)(10)(iv)", "onc-g.10.iv"),
    ],
)
def test_control_ids_are_oscal_tokens(framework: str, control: str, expected: str) -> None:
    assert control_id(framework, control) == expected


def test_no_two_controls_of_a_framework_share_a_token() -> None:
    for each in covered(every_verdict()):
        ids = [token(control.control.id) for control in each.controls]
        assert len(set(ids)) == len(ids), each.framework.key
