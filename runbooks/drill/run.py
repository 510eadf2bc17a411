"""Running a drill: preconditions, hypothesis, method, hypothesis, rollback, hypothesis, checks.

The rollback runs whatever the method did, and the hypothesis runs again after it. Checks of what was
recovered run before the rollback takes it away. The verdict is the journal's (`verdict.py`).
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from runbooks.drill.activities import Activity
from runbooks.drill.bounds import Bound, Metrics, Watch
from runbooks.drill.definition import Drill, Step
from runbooks.drill.interruption import Interrupted, Interruptions
from runbooks.drill.journal import Journal
from runbooks.drill.verdict import STAGES
from runbooks.errors import NotProven, PreconditionError, RunbookError

Progress = Callable[[str], None]
(_READY, _BEFORE, _METHOD, _AFTER, _RECOVERED, _ROLLBACK, _STEADY, _CHECKS) = STAGES


@dataclass
class Run:
    """What activities share: the stack, the journal, what earlier steps learnt, and the target's tools."""

    id: str
    stack: str
    folder: Path
    journal: Journal
    tools: Any = None
    metrics: Metrics = field(default_factory=dict)
    interruptions: Interruptions = field(default_factory=Interruptions)

    def remember(self, **values: Any) -> None:
        """Keep facts (JSON) for later steps; they survive the runner, so that a rollback can use them.

        Remember what an action is about to make before it makes it.
        """
        self.journal.remember(**values)

    def recall(self, name: str, default: Any = None) -> Any:
        """A fact that an earlier step remembered."""
        return self.journal.document["remembered"].get(name, default)

    def measured(self, **values: float | int | None) -> None:
        """Journal a measurement; `rpo_seconds` and `rto_seconds` are held against the objectives."""
        self.journal.measured(**values)


@dataclass(frozen=True)
class _Stages:
    """Performs a drill's steps and tells how they went."""

    run: Run
    known: Mapping[str, Activity]
    progress: Progress

    def until_failure(self, stage: str, steps: Sequence[Step]) -> bool:
        return all(self._perform(stage, step) for step in steps)

    def every(self, stage: str, steps: Sequence[Step]) -> bool:
        """A failed step does not keep the next from running."""
        return all([self._perform(stage, step) for step in steps])

    def _perform(self, stage: str, step: Step) -> bool:
        self.run.interruptions.check()
        self.progress(f"{stage}: {step.title}")
        activity, journal = self.known[step.do], self.run.journal
        number = journal.begin(stage, step.do, activity.kind, step.title, step.arguments)
        try:
            with self.run.interruptions.activity():
                result = activity.function(self.run, **activity.typed(step.arguments))
        except NotProven as error:
            journal.end(number, "not_proven", str(error))
            self.progress(f"{stage}: not proven: {error}")
            return False
        except Exception as error:
            # Any failure of a step is a result of the drill: it is journalled, and the rollback must run.
            said = str(error) if isinstance(error, RunbookError) else f"{type(error).__name__}: {error}"
            journal.end(number, "failed", said)
            self.progress(f"{stage}: failed: {error}")
            return False
        except BaseException:
            journal.end(number, "interrupted", None)
            raise
        journal.end(number, "done", result)
        return True


def execute(
    run: Run, drill: Drill, known: Mapping[str, Activity], progress: Progress, bounds: Sequence[Bound] = ()
) -> str:
    """Run the drill and return its verdict: `passed`, `failed` or `not_proven`."""
    stages = _Stages(run, known, progress)
    with run.interruptions.listening():
        try:
            _ready(run, drill, stages)
            with Watch(bounds, run.metrics, run.interruptions):
                acted = stages.until_failure(_METHOD, drill.method)
            if acted:
                stages.every(_AFTER, drill.hypothesis)
                stages.every(_RECOVERED, [check for check in drill.checks if check.before_rollback])
        except Interrupted as interrupted:
            _stopped(run, interrupted, progress)
        return _undo(run, drill, stages)


def _ready(run: Run, drill: Drill, stages: _Stages) -> None:
    """Nothing is done to a stack that is not in its steady state."""
    if not stages.until_failure(_READY, drill.preconditions):
        run.journal.close("refused")
        raise PreconditionError(run.journal.document["activities"][-1]["result"])
    if not stages.until_failure(_BEFORE, drill.hypothesis):
        seen = run.journal.document["activities"][-1]["result"]
        run.journal.close("refused")
        raise PreconditionError(f"the steady state does not hold before the drill; nothing was done: {seen}")


def _stopped(run: Run, interrupted: Interrupted, progress: Progress) -> None:
    why = str(interrupted)
    if run.interruptions.aborted:
        run.journal.aborted(why)
    else:
        run.journal.interrupted(why)
    progress(f"stopped: {why}; rolling back")


def _undo(run: Run, drill: Drill, stages: _Stages) -> str:
    """Rollback, hypothesis and, unless the run was stopped, the checks."""
    run.interruptions.shield()
    status = "interrupted" if run.journal.document["interruptions"] else "completed"
    try:
        stages.every(_ROLLBACK, drill.rollback)
        stages.every(_STEADY, drill.hypothesis)
        if status == "completed" and not run.interruptions.seen:
            stages.every(_CHECKS, [check for check in drill.checks if not check.before_rollback])
    except Interrupted as interrupted:
        run.journal.interrupted(str(interrupted))
        return run.journal.close("interrupted")
    if status == "completed" and run.interruptions.seen:
        run.journal.interrupted(run.interruptions.seen[-1])
        status = "interrupted"
    return run.journal.close(status)


def resume(run: Run, drill: Drill, known: Mapping[str, Activity], progress: Progress) -> str:
    """Undo a run whose runner died: rollback, then the hypothesis. Such a run never passes."""
    run.journal.interrupted("the runner ended")
    with run.interruptions.listening():
        return _undo(run, drill, _Stages(run, known, progress))
