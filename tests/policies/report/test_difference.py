"""What changed between two reports, and whether it got worse."""

from __future__ import annotations

import json
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
    assert "hipaa | covered percent" in found.markdown()


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
