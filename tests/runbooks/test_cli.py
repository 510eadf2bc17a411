"""The commands: help, JSON, exit codes; compare and schedule."""

from __future__ import annotations

import json
import shutil
from collections.abc import Callable
from datetime import date, timedelta
from pathlib import Path
from typing import Any

import pytest

from evidence import signature
from runbooks.cli import schedule
from runbooks.cli.main import main, parser
from runbooks.drill.journal import DOCUMENT, NAME, read
from runbooks.pack import document
from tests.runbooks.packs import pack, run_drill
from tests.runbooks.synthetic import ENGINE, STACK

COMMANDS = ("list", "show", "drill", "resume", "verify", "report", "schedule", "compare")


@pytest.fixture(autouse=True)
def home(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("CAREPLANE_HOME", str(tmp_path / "home"))


@pytest.mark.parametrize("command", COMMANDS)
def test_every_command_has_help_and_json(command: str, capsys: pytest.CaptureFixture[str]) -> None:
    with pytest.raises(SystemExit) as ended:
        main([command, "--help"])
    assert ended.value.code == 0
    assert "--json" in capsys.readouterr().out


def test_the_help_names_every_command(capsys: pytest.CaptureFixture[str]) -> None:
    text = parser().format_help()
    assert all(command in text for command in COMMANDS)


@pytest.mark.parametrize("arguments", [[], ["nonsense"], ["drill"], ["compare", "one"], ["report"]])
def test_bad_usage_exits_2(arguments: list[str], capsys: pytest.CaptureFixture[str]) -> None:
    with pytest.raises(SystemExit) as ended:
        main(arguments)
    assert ended.value.code == 2


@pytest.mark.parametrize("arguments", [["list"], ["show", "copy-and-restore"]])
def test_list_and_show_are_data_too(arguments: list[str], capsys: pytest.CaptureFixture[str]) -> None:
    assert main([*arguments, "--json"], ENGINE) == 0
    json.loads(capsys.readouterr().out)
    assert main(arguments, ENGINE) == 0
    assert "copy-and-restore" in capsys.readouterr().out


def test_dry_run_prints_the_steps_and_what_each_calls_and_does_nothing(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    arguments = [
        "drill",
        "tenant-pitr",
        "--stack",
        "local-tenant-a",
        "--out",
        str(tmp_path / "out"),
        "--dry-run",
    ]
    assert main(arguments) == 0
    said = capsys.readouterr().out
    assert "[action clone-to-moment]" in said
    assert "calls: POST sqladmin projects/{project}/instances/{instance}/clone" in said
    assert said.index("remove-clone") < said.index("other-tenants-unchanged")
    assert main([*arguments, "--set", "moment=2026-11-25T10:00:00Z", "--json"]) == 0
    steps = json.loads(capsys.readouterr().out)
    assert {"moment": "2026-11-25T10:00:00+00:00"} in [step["with"] for step in steps]
    assert not list(tmp_path.iterdir())


def test_a_drill_prints_its_verdict_and_what_it_measured(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    run_drill(tmp_path)
    assert f"copy-and-restore on {STACK}: passed (rto_seconds " in capsys.readouterr().out


def test_a_drill_without_out_lies_with_the_others_and_is_found_by_its_id(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    (tmp_path / "data").write_text("row")
    monkeypatch.setenv("SYNTHETIC", str(tmp_path))
    assert main(["drill", "copy-and-restore", "--stack", STACK, "--json"], ENGINE) == 0
    run = json.loads(capsys.readouterr().out)["run"]
    assert (tmp_path / "home" / "drills" / run / NAME).exists()
    assert main(["verify", run], ENGINE) == 0


def test_production_with_two_names_runs_and_keeps_them(tmp_path: Path) -> None:
    found = run_drill(tmp_path, "--approve", "Ann", "--approve", "Bob", PRODUCTION="true")
    assert document.read(found)["approved_by"] == ["Ann", "Bob"]


# compare


def measured(folder: Path, new: Path, verdict: str = "passed", **values: Any) -> Path:
    """A copy of a run that measured something else."""
    shutil.copytree(folder, new)
    lines = [json.loads(line) for line in (new / NAME).read_text().splitlines()]
    for line in lines:
        if line["event"] == "measured":
            line["values"] = {k: v for k, v in {**line["values"], **values}.items() if v != "gone"}
        if line["event"] == "closed":
            line["verdict"] = verdict
    (new / NAME).write_text("".join(json.dumps(line) + "\n" for line in lines))
    return new


@pytest.mark.parametrize(
    ("before", "after", "code", "says"),
    [
        ({"rto_seconds": 10.0}, {"rto_seconds": 10.0}, 0, "not worse"),
        ({"rto_seconds": 10.0}, {"rto_seconds": 11.9}, 0, "not worse"),
        ({"rto_seconds": 10.0}, {"rto_seconds": 12.1}, 1, "worse: rto_seconds"),
        ({"rto_seconds": 10.0}, {"rto_seconds": 5.0}, 0, "not worse"),
        ({"rto_seconds": 0.1}, {"rto_seconds": 0.5}, 0, "not worse"),
        ({"rpo_seconds": 0.0}, {"rpo_seconds": 2.0}, 1, "worse: rpo_seconds"),
        ({"rto_seconds": 10.0}, {"rto_seconds": "gone"}, 1, "worse: rto_seconds"),
        ({}, {"verdict": "failed"}, 1, "worse: verdict"),
        ({"verdict": "failed"}, {}, 0, "not worse"),
    ],
)
def test_compare_says_whether_an_objective_got_worse(
    tmp_path: Path,
    capsys: pytest.CaptureFixture[str],
    before: dict[str, Any],
    after: dict[str, Any],
    code: int,
    says: str,
) -> None:
    found = pack(tmp_path)
    one, two = measured(found, tmp_path / "one", **before), measured(found, tmp_path / "two", **after)
    assert main(["compare", str(one), str(two)], ENGINE) == code
    assert says in capsys.readouterr().out.splitlines()[-1]


def test_compare_takes_another_tolerance_and_is_data_too(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    found = pack(tmp_path)
    one, two = (measured(found, tmp_path / name, rto_seconds=s) for name, s in (("one", 10.0), ("two", 14.0)))
    assert main(["compare", str(one), str(two), "--tolerance", "50", "--json"], ENGINE) == 0
    told = json.loads(capsys.readouterr().out)
    row = next(row for row in told["measured"] if row["metric"] == "rto_seconds")
    assert (row["before"], row["after"], row["change"]) == (10.0, 14.0, "same")


# schedule

TODAY = date(2026, 11, 25)


def aged(tmp_path: Path, days: int, name: str, code: int = 0, **environ: str) -> Path:
    """A signed pack of a drill that was run so many days before today."""
    found = run_drill(tmp_path / name, code=code, **environ)
    day, then = read(found)["started"][:10], (TODAY - timedelta(days=days)).isoformat()
    for file in (NAME, DOCUMENT, document.NAME):
        (found / file).write_text((found / file).read_text().replace(day, then))
    signature.seal(found, {}, ENGINE.key(STACK, None).signer)
    return found


@pytest.fixture
def rows(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> Callable[..., tuple[int, Any]]:
    def run(*more: str) -> tuple[int, Any]:
        capsys.readouterr()
        arguments = ["schedule", "--stack", STACK, "--packs", str(tmp_path), "--json", *more]
        code = schedule.run(parser().parse_args(arguments), ENGINE, TODAY)
        return code, json.loads(capsys.readouterr().out)

    return run


@pytest.mark.parametrize(
    ("days", "code", "state"),
    [(0, 0, "ok"), (75, 0, "ok"), (76, 0, "due soon"), (90, 0, "due soon"), (91, 1, "overdue")],
)
def test_a_drill_is_due_ninety_days_after_it_passed(
    tmp_path: Path, rows: Any, days: int, code: int, state: str
) -> None:
    aged(tmp_path, days, "a")
    got, (row,) = rows()
    assert (got, row["state"]) == (code, state)
    assert row["due"] == (TODAY - timedelta(days=days) + timedelta(days=90)).isoformat()


def test_a_drill_that_never_ran_is_overdue(tmp_path: Path, rows: Any) -> None:
    code, (row,) = rows()
    assert (code, row["last_passed"], row["state"]) == (1, None, "overdue")


def test_other_days_can_be_asked_for(tmp_path: Path, rows: Any) -> None:
    aged(tmp_path, 40, "a")
    assert rows("--days", "30")[0] == 1
    assert rows("--days", "60")[0] == 0


def test_a_drill_that_failed_since_it_passed_is_overdue(tmp_path: Path, rows: Any) -> None:
    aged(tmp_path, 10, "a")
    aged(tmp_path, 5, "b", code=1, LOSE="1")
    code, (row,) = rows()
    assert (code, row["last_verdict"], row["state"]) == (1, "failed", "overdue")


def test_a_pack_that_does_not_hold_counts_for_nothing(tmp_path: Path, rows: Any) -> None:
    found = aged(tmp_path, 1, "a")
    (found / "report.html").write_text("better")
    code, (row,) = rows()
    assert (code, row["last_passed"]) == (1, None)


def test_a_pack_of_tomorrow_counts_for_nothing(tmp_path: Path, rows: Any) -> None:
    aged(tmp_path, -1, "a")
    assert rows()[0] == 1


def test_the_shipped_drills_are_planned_for_the_tenants_that_they_are_for(
    capsys: pytest.CaptureFixture[str],
) -> None:
    assert main(["schedule", "--place", "local", "--json"]) == 1
    told = json.loads(capsys.readouterr().out)
    assert {row["stack"] for row in told if row["drill"] == "tenant-pitr"} == {"local-tenant-riverside"}
