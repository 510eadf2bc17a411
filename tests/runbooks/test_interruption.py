"""The runner is killed at every step, by real signals: what it had done stays, and is undone."""

from __future__ import annotations

import json
import random
import signal
import time
from pathlib import Path

import pytest

from runbooks.drill.verdict import STAGES
from tests.runbooks.runner import STEPS, Runner, end, shown, statuses
from tests.runbooks.synthetic import STACK

pytestmark = pytest.mark.slow
_BEFORE_ROLLBACK = 6
"""Steps up to the check of what was recovered; then come the rollback, the hypothesis and the last check."""


@pytest.fixture
def runner(tmp_path: Path) -> Runner:
    return Runner(tmp_path / "place")


@pytest.mark.parametrize("step", STEPS)
def test_killed_at_any_step_what_was_finished_stays_and_resume_undoes_it(runner: Runner, step: int) -> None:
    code, _, _ = runner.killed_at(step, signal.SIGKILL)
    assert code == -signal.SIGKILL
    cut = runner.journal
    assert statuses(cut) == ["done"] * (step - 1) + ["running"]
    assert (cut["status"], cut["verdict"], cut["ended"]) == ("running", "not_proven", None)
    assert not (runner.out / "journal.json").exists()

    code, out, err = runner.call("resume", str(runner.out), "--unsigned")
    assert code == 0, err
    journal = runner.journal
    assert runner.left == []
    assert statuses(journal)[:step] == ["done"] * (step - 1) + ["interrupted"]
    assert [a["phase"] for a in journal["activities"][step:]] == [STAGES[5], STAGES[5], STAGES[6]], shown(
        journal
    )
    assert statuses(journal)[step:] == ["done"] * 3
    assert (journal["status"], journal["verdict"]) == ("interrupted", "not_proven")
    assert journal["rolled_back"]
    assert "rolled back, steady, not_proven" in out
    assert json.loads((runner.out / "journal.json").read_text()) == journal


@pytest.mark.parametrize("step", STEPS)
def test_sigterm_at_any_step_rolls_back_at_once(runner: Runner, step: int) -> None:
    """From the rollback on the signal is noted and nothing is cut off: `go-on` lets the step end."""
    process = runner.drill("--unsigned", STOP_AT=str(step))
    runner.reached(step, process)
    process.send_signal(signal.SIGTERM)
    if step > _BEFORE_ROLLBACK:
        time.sleep(0.3)
        assert process.poll() is None
        (runner.folder / "stack" / "go-on").touch()
    code, _, err = end(process)
    assert code == 1, err
    journal = runner.journal
    assert runner.left == []
    assert (journal["status"], journal["verdict"]) == ("interrupted", "not_proven")
    assert journal["rolled_back"]
    assert journal["interruptions"][0]["why"] == "SIGTERM"
    finished = statuses(journal)[: step - 1]
    assert finished == ["done"] * (step - 1)
    assert all(status == "done" for status in statuses(journal)[step:])
    if step <= _BEFORE_ROLLBACK:
        assert statuses(journal)[step - 1 :] == ["interrupted", "done", "done", "done"], shown(journal)
    code, out, _ = runner.call("resume", str(runner.out), "--unsigned")
    assert (code, "nothing is left to do" in out) == (0, True)


@pytest.mark.parametrize("step", [7, 8])
def test_a_second_signal_stops_the_rollback_and_resume_goes_on(runner: Runner, step: int) -> None:
    process = runner.drill("--unsigned", STOP_AT=str(step))
    runner.reached(step, process)
    process.send_signal(signal.SIGTERM)
    time.sleep(0.5)
    assert process.poll() is None
    process.send_signal(signal.SIGTERM)
    assert end(process)[0] == 1
    journal = runner.journal
    assert statuses(journal)[-1] == "interrupted"
    assert not journal["rolled_back"]
    assert runner.left
    assert runner.call("resume", str(runner.out), "--unsigned")[0] == 0
    assert runner.left == []
    assert runner.journal["verdict"] == "not_proven"


def test_a_resume_that_is_killed_can_be_resumed(runner: Runner) -> None:
    runner.killed_at(5, signal.SIGKILL)
    process = runner.start("resume", str(runner.out), "--unsigned", STOP_AT="6")
    runner.reached(6, process)
    process.send_signal(signal.SIGKILL)
    end(process)
    code, _, err = runner.call("resume", str(runner.out), "--unsigned")
    assert code == 0, err
    assert runner.left == []
    assert len(runner.journal["resumed"]) == 2


def test_a_run_is_resumed_by_its_id_and_only_once(runner: Runner) -> None:
    runner.killed_at(5, signal.SIGKILL)
    name = runner.journal["run"]
    assert runner.call("resume", name, "--unsigned")[0] == 0
    code, _, err = runner.call("resume", name, "--unsigned")
    assert code == 2
    assert f"run {name}: was resumed and rolled back already" in err


def test_a_rollback_that_fails_when_resumed_fails_the_run_and_may_be_tried_again(runner: Runner) -> None:
    runner.killed_at(5, signal.SIGKILL)
    code, out, _ = runner.call("resume", str(runner.out), "--unsigned", STUCK="copy")
    assert (code, "NOT rolled back, steady, failed" in out) == (1, True)
    assert runner.left == ["made-copy"]
    code, out, _ = runner.call("resume", str(runner.out), "--unsigned")
    assert code == 0
    assert runner.left == []
    assert runner.journal["verdict"] == "failed"


def test_the_lock_goes_with_the_runner(runner: Runner) -> None:
    process = runner.drill("--unsigned", STOP_AT="4")
    runner.reached(4, process)
    other = (
        "drill",
        "copy-and-restore",
        "--stack",
        STACK,
        "--out",
        str(runner.folder / "other"),
        "--unsigned",
    )
    code, _, err = runner.call(*other)
    assert (code, f"another drill is running against {STACK}" in err) == (2, True)
    assert not (runner.folder / "other").exists()
    code, _, err = runner.call("resume", str(runner.out), "--unsigned")
    assert (code, "another drill is running" in err) == (2, True)
    process.send_signal(signal.SIGKILL)
    end(process)
    assert runner.call("resume", str(runner.out), "--unsigned")[0] == 0
    assert runner.call(*other)[0] == 0


def test_a_crossed_bound_stops_the_method_and_rolls_back(runner: Runner) -> None:
    arguments = ("--set", "pause=30", "--abort-when", "elapsed_seconds>0.5", "--unsigned")
    begun = time.monotonic()
    code, _, err = end(runner.drill(*arguments))
    assert code == 1
    assert time.monotonic() - begun < 25
    journal = runner.journal
    assert (journal["status"], journal["verdict"]) == ("aborted", "failed")
    assert "the bound is elapsed_seconds>0.5" in journal["interruptions"][0]["why"]
    assert runner.left == []
    assert journal["rolled_back"]
    assert "rolling back" in err


def test_a_bound_that_is_not_crossed_stops_nothing(runner: Runner) -> None:
    code, out, err = end(runner.drill("--abort-when", "errors>=5", "--unsigned", ERRORS="4"))
    assert code == 0, err
    assert "passed" in out


def test_killed_at_moments_between_steps_a_run_is_whole_or_undone(tmp_path: Path) -> None:
    """Seeded moments from before the first line to after the last: nothing half done is ever left."""
    chance, seen = random.Random(20261125), set()
    for number in range(10):
        runner = Runner(tmp_path / str(number))
        process = runner.drill("--unsigned", "--set", "pause=0.3")
        if number:  # from its first line on the runner takes less than a second
            while not (runner.out / "journal.jsonl").exists() and process.poll() is None:
                time.sleep(0.005)
        time.sleep(chance.uniform(0, 0.9))
        process.kill()
        end(process)
        code, _, err = runner.call("resume", str(runner.out), "--unsigned")
        assert runner.left == []
        if code == 0:
            assert runner.journal["verdict"] == "not_proven"
            seen.add("resumed")
        else:
            assert code == 2
            assert "nothing to resume" in err or "no such folder" in err or "nothing had been done" in err
            seen.add("nothing to resume")
    assert "resumed" in seen
