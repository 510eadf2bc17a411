"""Order, rollback and verdict of a run; what a killed run leaves behind."""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
import time
from pathlib import Path
from typing import Any

import pytest

from runbooks.cli import main
from runbooks.drill import definition
from runbooks.drill.journal import Journal
from runbooks.drill.lock import exclusive
from runbooks.drill.run import Run, execute, refuse_production
from runbooks.errors import PreconditionError, RunbookError
from tests.runbooks.drills import GOOD

STEPS = ("ready", "steady", "act", "prove", "undo", "undo-more")


def make(tmp_path: Path, **failing: Exception) -> tuple[str, dict[str, Any], list[str]]:
    """Run the example drill; activities named in `failing` (with _ for -) raise."""
    done: list[str] = []

    def step(name: str) -> Any:
        def perform(run: Run) -> str:
            done.append(name)
            if name == "prove":
                run.journal.measured(rpo_seconds=0.0, rto_seconds=2.0)
            if error := failing.get(name.replace("-", "_")):
                raise error
            return name

        return perform

    drill = definition.parse(GOOD, "example", STEPS)
    run = Run("local-tenant-x", tmp_path, Journal(tmp_path, drill, "local-tenant-x"))
    verdict = execute(run, drill, {name: step(name) for name in STEPS}, lambda text: None)
    return verdict, json.loads((tmp_path / "journal.json").read_text()), done


def test_passing_drill_rolls_back_and_checks_the_steady_state_again(tmp_path: Path) -> None:
    verdict, journal, done = make(tmp_path)
    assert verdict == journal["verdict"] == "passed"
    assert done == ["ready", "steady", "act", "prove", "undo", "undo-more", "steady"]


@pytest.mark.parametrize("failing", ["act", "prove", "undo", "undo_more"])
def test_any_failure_fails_the_drill_and_every_rollback_step_still_runs(tmp_path: Path, failing: str) -> None:
    verdict, journal, done = make(tmp_path, **{failing: RuntimeError("broken")})
    assert verdict == "failed"
    assert journal["status"] == "completed"
    assert done[-3:] == ["undo", "undo-more", "steady"]
    assert any(a["result"] == "RuntimeError: broken" for a in journal["activities"])


def test_failed_precondition_touches_nothing(tmp_path: Path) -> None:
    with pytest.raises(PreconditionError, match="not ready"):
        make(tmp_path, ready=RuntimeError("not ready"))
    journal = json.loads((tmp_path / "journal.json").read_text())
    assert (journal["status"], journal["verdict"]) == ("refused", "not_proven")
    assert len(journal["activities"]) == 1


def test_unmet_objective_fails(tmp_path: Path) -> None:
    drill = definition.parse({**GOOD, "objectives": {"rpo_seconds": 0, "rto_seconds": 1}}, "example", STEPS)
    run = Run("s", tmp_path, Journal(tmp_path, drill, "s"))
    known = {name: (lambda r: r.journal.measured(rpo_seconds=0, rto_seconds=2)) for name in STEPS}
    assert execute(run, drill, known, lambda text: None) == "failed"


def test_unmeasured_objective_never_passes(tmp_path: Path) -> None:
    drill = definition.parse(GOOD, "example", STEPS)
    run = Run("s", tmp_path, Journal(tmp_path, drill, "s"))
    assert execute(run, drill, {name: (lambda r: None) for name in STEPS}, lambda text: None) == "failed"


_CHILD = """
import sys, time
from pathlib import Path
from runbooks.drill import definition
from runbooks.drill.journal import Journal
from runbooks.drill.run import Run, execute
from tests.runbooks.drills import GOOD
folder = Path(sys.argv[1])
known = {name: (lambda run: None) for name in ("ready", "steady", "prove", "undo", "undo-more")}
known["act"] = lambda run: (Path(folder / "acting").touch(), time.sleep(60))
drill = definition.parse(GOOD, "example", known)
execute(Run("s", folder, Journal(folder, drill, "s")), drill, known, print)
"""


@pytest.mark.parametrize("number", [signal.SIGKILL, signal.SIGINT])
def test_finished_activities_survive_the_end_of_the_runner(tmp_path: Path, number: signal.Signals) -> None:
    root = Path(__file__).resolve().parents[2]
    child = subprocess.Popen(
        [sys.executable, "-c", _CHILD, str(tmp_path)], cwd=root, stderr=subprocess.DEVNULL
    )
    deadline = time.monotonic() + 30
    while not (tmp_path / "acting").exists() and time.monotonic() < deadline:
        time.sleep(0.05)
    os.kill(child.pid, number)
    child.wait(30)
    journal = json.loads((tmp_path / "journal.json").read_text())
    assert journal["verdict"] == "not_proven"
    status = {a["do"]: a["status"] for a in journal["activities"]}
    assert status["ready"] == "done"
    if number == signal.SIGINT:
        assert (status["act"], status["undo"], journal["status"]) == ("interrupted", "done", "interrupted")
    else:
        assert (status["act"], journal["status"]) == ("running", "running")


def test_two_drills_cannot_hold_one_stack(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("CAREPLANE_HOME", str(tmp_path))
    with exclusive("one"), pytest.raises(PreconditionError, match="another drill"), exclusive("one"):
        pass


def test_production_needs_two_names() -> None:
    refuse_production("local-tenant-a", [])
    with pytest.raises(RunbookError, match="two different names"):
        refuse_production("prod-tenant-a", ["ann", "ann"])
    refuse_production("prod-tenant-a", ["ann", "bob"])


@pytest.mark.parametrize(
    ("arguments", "says"),
    [
        (["drill", "nonsense", "--stack", "local-tenant-a"], "allowed: tenant-pitr"),
        (["drill", "tenant-pitr", "--stack", "local-cell"], "allowed: <place>-tenant-<name>"),
    ],
)
def test_bad_input_exits_2_with_one_sentence(
    tmp_path: Path,
    arguments: list[str],
    says: str,
    capsys: pytest.CaptureFixture[str],
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setenv("CAREPLANE_HOME", str(tmp_path))
    assert main([*arguments, "--out", str(tmp_path / "out")]) == 2
    said = capsys.readouterr().err
    assert says in said
    assert said.count("\n") == 1
    assert not (tmp_path / "out").exists()


def test_dry_run_prints_the_steps_and_does_nothing(
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
    assert "clone-to-moment" in capsys.readouterr().out
    assert not (tmp_path / "out").exists()
