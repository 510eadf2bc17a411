from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest

from infra.cli.delta import Change, changes, policies
from infra.cli.main import main
from infra.cli.state import read
from infra.errors import ConfigError
from tests.infra.cli.states import exported, resource

RING = resource("gcp:kms/keyRing:KeyRing", "ring", {"location": "europe-west3"})
BUCKET = "gcp:storage/bucket:Bucket"
RULES = [{"id": "public-access", "controls": {"nist": ["AC-3"], "hipaa": ["164.312(a)(1)"]}}]


def before() -> dict[str, Any]:
    return exported(
        RING, resource(BUCKET, "old", {"location": "EUROPE-WEST3"}), outputs={"jurisdiction": "eu"}
    )


def after(location: str = "EUROPE-WEST3") -> dict[str, Any]:
    ring = resource("gcp:kms/keyRing:KeyRing", "ring", {"location": "europe-west3", "labels": {"a": "b"}})
    return exported(
        ring,
        resource(BUCKET, "new", {"location": location}),
        resource("gcp:compute/securityPolicy:SecurityPolicy", "armor", {"rules": [{}]}),
        outputs={"jurisdiction": "eu"},
    )


def judged(*verdicts: tuple[str, str]) -> dict[str, Any]:
    found = [{"rule": "public-access", "resource": name, "verdict": verdict} for name, verdict in verdicts]
    counts = {verdict: [each[1] for each in verdicts].count(verdict) for _, verdict in verdicts}
    return {"counts": counts, "findings": found, "rules": RULES}


@pytest.fixture
def files(tmp_path: Path) -> dict[str, str]:
    given = {
        "after": after(),
        "before": before(),
        "outside": after("US"),
        "judged": judged(("new", "failed"), ("ring", "passed")),
        "was": judged(("old", "failed"), ("ring", "passed")),
    }
    for name, content in given.items():
        (tmp_path / f"{name}.json").write_text(json.dumps(content))
    return {name: str(tmp_path / f"{name}.json") for name in given}


def test_changes_by_what_they_are() -> None:
    assert changes(read(before(), "f"), read(after(), "f")) == [
        Change("added", "gcp:compute/securityPolicy:SecurityPolicy", "armor"),
        Change("added", BUCKET, "new"),
        Change("changed", "gcp:kms/keyRing:KeyRing", "ring", ("labels",)),
        Change("removed", BUCKET, "old"),
    ]


def test_stacks_of_a_kind_can_be_compared() -> None:
    one = exported(resource(BUCKET, "b", stack="one"), stack="one")
    two = exported(resource(BUCKET, "b", stack="two"), stack="two")
    assert changes(read(one, "f"), read(two, "f")) == []


def test_the_document(files: dict[str, str], capsys: pytest.CaptureFixture[str]) -> None:
    given = ["report", "--state", files["after"], "--base", files["before"]]
    assert main(given) == 0
    said = capsys.readouterr().out
    assert "**Resources**: 2 → 3 (2 added, 1 changed, 1 removed)" in said
    assert "**Cost**: 1.15 → 7.15 USD a month (+6.00;" in said
    assert "| network | 0.00 | 6.00 | +6.00 |" in said
    assert "**Residency**: 2 properties in eu, all inside" in said
    assert "**Controls**: not judged" in said
    assert "<details><summary>All locations</summary>" in said


def test_without_a_base(files: dict[str, str], capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["report", "--state", files["after"]]) == 0
    assert "no base was given" in capsys.readouterr().out


def test_a_location_outside_fails(files: dict[str, str], capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["report", "--state", files["outside"]]) == 1
    assert "| new | gcp:storage/bucket:Bucket | location | us |" in capsys.readouterr().out


def test_controls_that_fail_now_and_did_not(
    files: dict[str, str], capsys: pytest.CaptureFixture[str]
) -> None:
    given = [
        "report",
        "--state",
        files["after"],
        "--policies",
        files["judged"],
        "--base-policies",
        files["was"],
    ]
    assert main(given) == 1
    said = capsys.readouterr().out
    assert "**Controls**: failed 1 → 1, passed 1 → 1" in said
    assert "| public-access | new | failed | hipaa 164.312(a)(1), nist AC-3 |" in said
    assert "No longer found: public-access on old" in said


def test_the_same_findings_as_before_are_no_news(files: dict[str, str]) -> None:
    given = ["report", "--state", files["after"], "--policies", files["was"], "--base-policies", files["was"]]
    assert main(given) == 0


def test_as_data(files: dict[str, str], capsys: pytest.CaptureFixture[str]) -> None:
    given = ["report", "--state", files["after"], "--base", files["before"], "--policies", files["judged"]]
    assert main([*given, "--json"]) == 1
    said = json.loads(capsys.readouterr().out)
    assert said["resources"] == 3
    assert said["cost"]["base"] == 1.15 and said["cost"]["total"] == 7.15
    assert said["residency"]["outside"] == []
    assert said["controls"]["new"][0]["controls"] == "hipaa 164.312(a)(1), nist AC-3"
    assert [each["what"] for each in said["changes"]] == ["added", "added", "changed", "removed"]


@pytest.mark.parametrize("text", ["", "{}", "[]", '{"counts": {}, "findings": [{}], "rules": []}'])
def test_a_file_that_is_no_policy_report(tmp_path: Path, text: str) -> None:
    path = tmp_path / "p.json"
    path.write_text(text)
    with pytest.raises(ConfigError, match=r"--policies: .*policies report --json"):
        policies(path, "--policies")


def test_hostile_names_stay_in_their_cells(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    path = tmp_path / "s.json"
    name = "a|b</details><script>"
    path.write_text(
        json.dumps(exported(resource(BUCKET, name, {"location": "us"}), outputs={"jurisdiction": "eu"}))
    )
    assert main(["report", "--state", str(path)]) == 1
    said = capsys.readouterr().out
    assert "<script>" not in said and said.count("</details>") == 2
