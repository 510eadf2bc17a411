"""SARIF says the verdict by kind, and a waiver by a suppression."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import jsonschema
import pytest

from policies.report import sarif
from policies.report.known import rules
from policies.result import Verdict
from tests.policies.report.reports import NOTE, covered, every_verdict, finding, report

SCHEMA = json.loads((Path(__file__).parent / "sarif.schema.json").read_text())


def rendered(of: Any = None) -> dict[str, Any]:
    of = of or every_verdict()
    found: dict[str, Any] = json.loads(sarif.render(of, covered(of)))
    return found


def by_name(run: dict[str, Any]) -> dict[str, dict[str, Any]]:
    return {r["locations"][0]["logicalLocations"][0]["name"]: r for r in run["results"] if "locations" in r}


def test_it_has_the_official_shape() -> None:
    jsonschema.Draft202012Validator(SCHEMA).validate(rendered())


@pytest.mark.parametrize(
    ("name", "kind", "level"),
    [
        ("events", "fail", "error"),
        ("later", "open", "none"),
        ("old", "fail", "error"),
        ("good", "pass", "none"),
        ("none", "notApplicable", "none"),
    ],
)
def test_kind_and_level_say_the_verdict(name: str, kind: str, level: str) -> None:
    result = by_name(rendered()["runs"][0])[name]
    assert (result["kind"], result["level"]) == (kind, level)


def test_only_a_waived_failure_is_suppressed_and_says_by_whom() -> None:
    found = by_name(rendered()["runs"][0])
    assert found["old"]["suppressions"] == [{"kind": "external", "status": "accepted", "justification": NOTE}]
    assert [name for name, each in found.items() if "suppressions" in each] == ["old"]


def test_every_rule_names_its_controls_as_taxa_that_exist() -> None:
    run = rendered()["runs"][0]
    taxa = {each["name"]: {taxon["id"] for taxon in each["taxa"]} for each in run["taxonomies"]}
    for described in run["tool"]["driver"]["rules"]:
        targets = [each["target"] for each in described["relationships"]]
        assert targets
        assert all(each["id"] in taxa[each["toolComponent"]["name"]] for each in targets)
    assert len(run["tool"]["driver"]["rules"]) == len(rules())


def test_indexes_point_at_their_rules() -> None:
    run = rendered()["runs"][0]
    described = run["tool"]["driver"]["rules"]
    assert all(described[each["ruleIndex"]]["id"] == each["ruleId"] for each in run["results"])


def test_a_result_is_the_same_in_the_next_report() -> None:
    first, second = (by_name(rendered(each)["runs"][0]) for each in (every_verdict(), every_verdict()))
    prints = [found["events"]["partialFingerprints"] for found in (first, second)]
    assert prints[0] == prints[1] != first["old"]["partialFingerprints"]


def test_a_stack_of_this_project_is_marked_at_its_file_and_no_other() -> None:
    ours = finding(Verdict.FAILED, "a", "local-cell")
    theirs = finding(Verdict.FAILED, "b", "somebody-elses")
    found = by_name(rendered(report(ours, theirs, stacks=("local-cell", "somebody-elses")))["runs"][0])
    place = found["a"]["locations"][0]["physicalLocation"]["artifactLocation"]
    assert place == {"uri": "stacks/Pulumi.local-cell.yaml"}
    assert "physicalLocation" not in found["b"]["locations"][0]


def test_it_says_where_it_comes_from_and_what_is_covered() -> None:
    about = rendered()["runs"][0]["properties"]
    assert about["stateSha256"] == {"eu-tenant-a": "ab" * 32}
    assert about["profile"] == "saas" and about["commit"].startswith("0123")
    assert about["coverage"]["hipaa"]["controls"] > 50
