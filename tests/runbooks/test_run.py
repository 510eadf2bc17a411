"""Order, rollback and verdict of a run."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest

from runbooks.drill import definition
from runbooks.drill.activities import Registry
from runbooks.drill.journal import Journal, read
from runbooks.drill.run import Run, execute
from runbooks.errors import NotProven, PreconditionError
from tests.runbooks.definitions import GOOD, KNOWN, changed

ORDER = [
    "ready", "steady", "act", "steady", "prove", "undo", "undo-more", "steady", "prove-more",
]  # fmt: skip


def make(
    tmp_path: Path,
    given: dict[str, Any] | None = None,
    measured: dict[str, Any] | None = None,
    **failing: Exception | list[Exception | None],
) -> tuple[str, dict[str, Any], list[str]]:
    """Run a drill; activities named in `failing` (with _ for -) raise, each time or time by time."""
    done: list[str] = []
    seen = {"rpo_seconds": 0.0, "rto_seconds": 2.0} if measured is None else measured

    def step(name: str) -> Any:
        def perform(run: Run) -> str:
            done.append(name)
            if name == "prove":
                run.measured(**seen)
            error = failing.get(name.replace("-", "_"))
            if isinstance(error, list):
                error = error[min(done.count(name), len(error)) - 1]
            if error:
                raise error
            return name

        return perform

    known = Registry()
    for name, activity in KNOWN.items():
        (known.probe if activity.kind == "probe" else known.action)(name)(step(name))
    drill = definition.parse(given or GOOD, "example", KNOWN)
    journal = Journal.create(tmp_path, "r1", drill, "local-tenant-x", facts={}, roles={}, approved_by=[])
    run = Run("r1", "local-tenant-x", tmp_path, journal)
    verdict = execute(run, drill, known, lambda text: None)
    return verdict, read(tmp_path), done


def test_passing_drill_runs_in_order_and_the_steady_state_three_times(tmp_path: Path) -> None:
    verdict, journal, done = make(tmp_path)
    assert verdict == journal["verdict"] == "passed"
    assert (journal["status"], journal["deviated"], journal["rolled_back"]) == ("completed", False, True)
    assert done == ORDER
    assert journal == json.loads((tmp_path / "journal.json").read_text())


@pytest.mark.parametrize("failing", ["act", "prove", "undo", "undo_more", "prove_more"])
def test_any_failure_fails_the_drill_and_every_rollback_step_still_runs(tmp_path: Path, failing: str) -> None:
    verdict, journal, done = make(tmp_path, **{failing: RuntimeError("broken")})
    assert verdict == "failed"
    assert journal["status"] == "completed"
    assert done[-4:] == ["undo", "undo-more", "steady", "prove-more"]
    assert any(a["result"] == "RuntimeError: broken" for a in journal["activities"])
    assert journal["rolled_back"] is not failing.startswith("undo")


def test_a_failed_method_is_not_followed_by_checks_of_what_it_recovered(tmp_path: Path) -> None:
    done = make(tmp_path, act=RuntimeError("broken"))[2]
    assert done == ["ready", "steady", "act", "undo", "undo-more", "steady", "prove-more"]


@pytest.mark.parametrize("when", [1, 2])
def test_a_steady_state_that_does_not_come_back_deviates_and_fails(tmp_path: Path, when: int) -> None:
    errors: list[Exception | None] = [None, None, None]
    errors[when] = RuntimeError("503")
    verdict, journal, done = make(tmp_path, steady=errors)
    assert (verdict, journal["deviated"]) == ("failed", True)
    assert done == ORDER


def test_a_steady_state_that_does_not_hold_at_first_refuses_the_drill(tmp_path: Path) -> None:
    with pytest.raises(PreconditionError, match="nothing was done: RuntimeError: 503"):
        make(tmp_path, steady=RuntimeError("503"))
    journal = read(tmp_path)
    assert (journal["status"], journal["verdict"], journal["deviated"]) == ("refused", "not_proven", False)


def test_failed_precondition_touches_nothing(tmp_path: Path) -> None:
    with pytest.raises(PreconditionError, match="not ready"):
        make(tmp_path, ready=RuntimeError("not ready"))
    journal = read(tmp_path)
    assert (journal["status"], journal["verdict"]) == ("refused", "not_proven")
    assert len(journal["activities"]) == 1


@pytest.mark.parametrize(
    ("measured", "verdict"),
    [
        ({"rpo_seconds": 0, "rto_seconds": 60}, "passed"),
        ({"rpo_seconds": 0, "rto_seconds": 60.001}, "failed"),
        ({"rpo_seconds": 1.5, "rto_seconds": 1}, "failed"),
        ({"rpo_seconds": 0}, "not_proven"),
        ({"rpo_seconds": None, "rto_seconds": 1}, "not_proven"),
        ({"rpo_seconds": 0, "rto_seconds": float("nan")}, "failed"),
        ({}, "not_proven"),
    ],
)
def test_objectives_must_be_measured_and_met(tmp_path: Path, measured: dict[str, Any], verdict: str) -> None:
    assert make(tmp_path, measured=measured)[0] == verdict


def test_a_check_with_nothing_to_judge_by_proves_nothing_and_fails_nothing(tmp_path: Path) -> None:
    verdict, journal, _ = make(tmp_path, prove_more=NotProven("nobody else is up"))
    assert verdict == "not_proven"
    assert journal["activities"][-1]["status"] == "not_proven"


def test_a_failed_check_is_not_made_good_by_one_that_proves_nothing(tmp_path: Path) -> None:
    verdict = make(tmp_path, prove=RuntimeError("lost"), prove_more=NotProven("nobody"))[0]
    assert verdict == "failed"


def test_arguments_reach_the_activity_typed(tmp_path: Path) -> None:
    given = changed(method=[{"do": "wait", "title": "Wait", "with": {"seconds": 2}}])
    known, seen = Registry(KNOWN), []

    def wait(run: Run, seconds: float) -> None:
        """Wait."""
        seen.append(seconds)

    del known["wait"]
    known.action("wait")(wait)
    drill = definition.parse(given, "example", known)
    journal = Journal.create(tmp_path, "r1", drill, "s", facts={}, roles={}, approved_by=[])
    execute(Run("r1", "s", tmp_path, journal), drill, known, lambda text: None)
    assert [type(value) for value in seen] == [float]
    assert read(tmp_path)["activities"][2]["with"] == {"seconds": 2}
