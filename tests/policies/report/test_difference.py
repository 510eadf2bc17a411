"""What changed between two reports, and whether it got worse."""

from __future__ import annotations

import json
import re
from pathlib import Path
from typing import Any

import pytest

from policies.cli import main
from policies.report import json_report
from policies.report.difference import Difference
from policies.result import Finding, Report, Verdict
from tests.policies.report.reports import covered, finding, report

F, P, U, W, N = Verdict.FAILED, Verdict.PASSED, Verdict.UNPROVEN, Verdict.WAIVED, Verdict.NOT_APPLICABLE


def document(*findings: Finding) -> dict[str, Any]:
    of = report(*findings)
    return json_report.document(of, covered(of))


def difference(old: list[Finding], new: list[Finding]) -> Difference:
    return Difference(document(*old), document(*new))


@pytest.mark.parametrize(
    ("before", "after", "listed", "worse"),
    [
        (P, F, "failed", True),
        (W, F, "failed", True),
        (U, F, "failed", True),
        (P, U, "lost", True),
        (F, U, None, False),
        (F, P, "mended", False),
        (W, P, "mended", False),
        (U, P, "mended", False),
        (F, W, "waived", False),
        (P, W, "waived", False),
        (N, P, None, False),
        (F, F, None, False),
    ],
)
def test_a_verdict_that_changes(before: Verdict, after: Verdict, listed: str | None, worse: bool) -> None:
    found = difference([finding(before)], [finding(after)])
    lists = {name for name in ("failed", "lost", "waived", "mended") if getattr(found, name)}
    assert lists == ({listed} if listed else set())
    assert found.worse is worse


def test_a_new_resource_that_fails_is_worse_and_a_removed_one_is_not() -> None:
    came = difference([], [finding(F, "new")])
    assert came.worse and [each.resource for each in came.added] == ["new"]
    went = difference([finding(F, "gone")], [])
    assert not went.worse and [each.resource for each in went.removed] == ["gone"]
    assert not went.mended


def test_a_framework_judged_less_than_before_is_worse() -> None:
    old, new = document(finding(P)), document(finding(P))
    new["coverage"]["hipaa"]["numbers"]["covered_percent"] -= 1
    found = Difference(old, new)
    assert found.worse and [each.framework for each in found.uncovered] == ["hipaa"]
    assert "`hipaa` | `covered percent`" in found.markdown()


def test_coverage_numbers_that_differ_are_listed() -> None:
    found = difference([finding(P)], [finding(F)])
    assert ("hipaa", "satisfied") in {(each.framework, each.number) for each in found.coverage}


def write(path: Path, of: Report) -> str:
    path.write_text(json_report.render(of, covered(of)))
    return str(path)


def test_the_command_answers_by_its_exit_code(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    old = write(tmp_path / "old.json", report(finding(P), finding(F, "other")))
    new = write(tmp_path / "new.json", report(finding(F), finding(P, "other")))
    assert main(["diff", old, new]) == 1
    said = capsys.readouterr().out
    assert "**Worse**: 1 newly failed" in said and "`events`" in said
    assert main(["diff", new, new, "--json"]) == 0
    assert json.loads(capsys.readouterr().out)["worse"] is False


@pytest.mark.parametrize("content", ["", "[]", "{}", '{"findings": 1}', "\ufeff{}"])
def test_what_is_no_report_is_refused(
    tmp_path: Path, content: str, capsys: pytest.CaptureFixture[str]
) -> None:
    good = write(tmp_path / "good.json", report(finding(P)))
    (tmp_path / "bad.json").write_text(content)
    assert main(["diff", str(tmp_path / "bad.json"), good]) == 2
    assert main(["diff", good, str(tmp_path / "none.json")]) == 2
    assert "bad.json" in capsys.readouterr().err


def test_a_malformed_finding_is_refused(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    given = document(finding(P))
    del given["findings"][0]["verdict"]
    (tmp_path / "bad.json").write_text(json.dumps(given))
    assert main(["diff", str(tmp_path / "bad.json"), str(tmp_path / "bad.json")]) == 2
    assert "a finding is malformed" in capsys.readouterr().err


def stored(path: Path, of: dict[str, Any] | str) -> str:
    path.write_text(of if isinstance(of, str) else json.dumps(of))
    return str(path)


def refusal(tmp_path: Path, capsys: pytest.CaptureFixture[str], of: dict[str, Any] | str) -> str:
    good = write(tmp_path / "good.json", report(finding(P)))
    assert main(["diff", good, stored(tmp_path / "bad.json", of)]) == 2
    said = capsys.readouterr().err
    assert "bad.json" in said and "Traceback" not in said
    return said


@pytest.mark.parametrize("verdict", ["FAILED", "failed ", "ok", "", "`|<b>"])
def test_a_verdict_that_is_none_is_refused(
    tmp_path: Path, verdict: str, capsys: pytest.CaptureFixture[str]
) -> None:
    given = document(finding(P))
    given["findings"][0]["verdict"] = verdict
    assert "is no verdict" in refusal(tmp_path, capsys, given)


def test_counts_that_are_not_those_of_the_findings_are_refused(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    given = document(finding(P), finding(F, "other"))
    del given["findings"][1]
    assert "counts" in refusal(tmp_path, capsys, given)


def test_a_key_given_twice_is_refused(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    text = json.dumps(document(finding(F))).replace(
        '"verdict": "failed"', '"verdict": "failed", "verdict": "passed"'
    )
    assert "'verdict' is given twice" in refusal(tmp_path, capsys, text)


@pytest.mark.parametrize("number", ["NaN", "Infinity", "-Infinity", "1e999"])
def test_a_number_that_is_none_is_refused(
    tmp_path: Path, number: str, capsys: pytest.CaptureFixture[str]
) -> None:
    given = document(finding(P))
    given["coverage"]["hipaa"]["numbers"]["covered_percent"] = 123456
    assert "is no number" in refusal(tmp_path, capsys, json.dumps(given).replace("123456", number))


def test_nesting_without_end_is_refused(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert "is no JSON" in refusal(tmp_path, capsys, '{"a":' * 100_000)


@pytest.mark.parametrize("order", [(F, P), (P, F)])
def test_of_equal_subjects_the_worst_verdict_counts(order: tuple[Verdict, Verdict]) -> None:
    found = difference([finding(P)], [finding(each) for each in order])
    assert found.worse and len(found.failed) == 1


@pytest.mark.parametrize("before", [P, F, U, W])
@pytest.mark.parametrize("after", [N, None])
def test_what_is_judged_no_longer_is_listed(before: Verdict, after: Verdict | None) -> None:
    stays = finding(P, rule="topic-schema")
    found = difference([finding(before), stays], [stays, *([finding(after)] if after else [])])
    assert [each.before for each in found.unjudged] == [before]
    assert "## No longer judged" in found.markdown() and not found.worse
    assert "1 no longer judged" in found.markdown()


def test_the_checks_of_a_removed_resource_are_listed_once_as_the_resource() -> None:
    found = difference([finding(P, "gone")], [])
    assert found.removed and not found.unjudged


def test_a_framework_that_is_missing_is_worse() -> None:
    old, new = document(finding(P)), document(finding(P))
    del new["coverage"]["gdpr"]
    found = Difference(old, new)
    assert found.worse and {each.framework for each in found.uncovered} == {"gdpr"}
    assert "| `gdpr` | `covered percent` |" in found.markdown() and "missing" in found.markdown()
    assert Difference(old, {**new, "coverage": {}}).worse
    assert not Difference(new, old).worse


@pytest.mark.parametrize("name", ["covered_percent", "technical", "satisfied"])
def test_a_number_that_is_missing_or_none_is_worse(name: str) -> None:
    old, new = document(finding(P)), document(finding(P))
    new["coverage"]["gdpr"]["numbers"][name] = float("nan")
    assert Difference(old, new).worse
    del new["coverage"]["gdpr"]["numbers"][name]
    assert Difference(old, new).worse


def test_controls_that_are_satisfied_no_longer_are_listed() -> None:
    found = difference([finding(P)], [finding(N)])
    assert ("hipaa", "164.312(a)(2)(iv)", "satisfied", "not_judged") in {
        tuple(each) for each in found.unsatisfied
    }
    assert "## Controls no longer satisfied" in found.markdown()
    assert found.facts()["unsatisfied"] and found.facts()["unjudged"]


def test_what_others_wrote_is_no_markdown() -> None:
    evil = "x|<img src=x>[a](https://e.example)@all\n# T"
    old, new = document(finding(P)), document(finding(P))
    old["findings"][0]["verdict"] = evil
    new["findings"][0]["verdict"] = "failed"
    for each in (old, new):
        each["coverage"][evil] = {**each["coverage"]["gdpr"], "numbers": {evil: 1}}
    new["coverage"][evil]["numbers"] = {evil: 2}
    old["coverage"][evil]["controls"] = [{"id": evil, "status": "satisfied"}]
    new["coverage"][evil]["controls"] = [{"id": evil, "status": evil}]
    said = Difference(old, new).markdown()
    bare = re.sub(r"(`+)[^\n]*?[^`]\1(?!`)", "", said)
    assert "<img" in said and "<img" not in bare and "@all" not in bare and "\n# T" not in said


def test_a_folder_of_a_report_stands_for_its_report_json(tmp_path: Path) -> None:
    for name in ("old", "new"):
        (tmp_path / name).mkdir()
        write(tmp_path / name / "report.json", report(finding(P)))
    assert main(["diff", str(tmp_path / "old"), str(tmp_path / "new")]) == 0
