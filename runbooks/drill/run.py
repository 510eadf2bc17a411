"""Running a drill: preconditions, hypothesis, method, checks, rollback, hypothesis again.

The rollback runs whatever the method did, and the hypothesis runs again after it. Only measured
checks move the verdict away from `not_proven`.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from runbooks.drill.activities import Function
from runbooks.drill.definition import Activity, Drill
from runbooks.drill.journal import Journal
from runbooks.errors import PreconditionError, RunbookError

Progress = Callable[[str], None]


@dataclass
class Run:
    """What activities share: the stack, the journal, and what earlier steps learnt (`memory`)."""

    stack: str
    folder: Path
    journal: Journal
    options: Mapping[str, Any] = field(default_factory=dict)
    memory: dict[str, Any] = field(default_factory=dict)


def _perform(run: Run, phase: str, step: Activity, known: Mapping[str, Function], progress: Progress) -> bool:
    progress(f"{phase}: {step.title}")
    entry = run.journal.begin(phase, step.do, step.title)
    try:
        result = known[step.do](run)
    except Exception as error:
        # Any failure of a step is a result of the drill: it is journalled, and the rollback must run.
        run.journal.end(entry, "failed", f"{type(error).__name__}: {error}")
        progress(f"{phase}: failed: {error}")
        return False
    except BaseException:
        run.journal.end(entry, "interrupted", None)
        raise
    run.journal.end(entry, "done", result)
    return True


def _phase(run: Run, drill: Drill, name: str, known: Mapping[str, Function], progress: Progress) -> bool:
    steps: tuple[Activity, ...] = getattr(drill, name)
    return all(_perform(run, name, step, known, progress) for step in steps)


def _every(run: Run, drill: Drill, name: str, known: Mapping[str, Function], progress: Progress) -> bool:
    """Like `_phase`, but a failed step does not keep the next from running."""
    steps: tuple[Activity, ...] = getattr(drill, name)
    return all([_perform(run, name, step, known, progress) for step in steps])


def _within(run: Run, drill: Drill) -> bool:
    """Whether both objectives were measured and met; an unmeasured one proves nothing."""
    measured = run.journal.document["measured"]
    rpo, rto = measured.get("rpo_seconds"), measured.get("rto_seconds")
    return rpo is not None and rto is not None and rpo <= drill.rpo_seconds and rto <= drill.rto_seconds


def execute(run: Run, drill: Drill, known: Mapping[str, Function], progress: Progress) -> str:
    """Run the drill and return its verdict: `passed`, `failed` or `not_proven`."""
    if not _phase(run, drill, "preconditions", known, progress):
        run.journal.close("refused", "not_proven")
        raise PreconditionError(run.journal.document["activities"][-1]["result"])
    if not _phase(run, drill, "hypothesis", known, progress):
        run.journal.close("refused", "not_proven")
        raise PreconditionError("the steady state does not hold before the drill; nothing was done")
    verdict, status = "not_proven", "interrupted"
    try:
        if _phase(run, drill, "method", known, progress):
            verdict = "passed" if _every(run, drill, "checks", known, progress) else "failed"
        else:
            verdict = "failed"
        status = "completed"
    finally:
        undone = _every(run, drill, "rollback", known, progress)
        steady = _phase(run, drill, "hypothesis", known, progress)
        if verdict == "passed" and not (undone and steady and _within(run, drill)):
            verdict = "failed"
        run.journal.close(status, verdict)
    return verdict


def refuse_production(stack: str, approvals: list[str]) -> None:
    """A production stack is drilled only with two people's names."""
    if "prod" in stack and len(set(approvals)) < 2:
        raise RunbookError(f"--approve: {stack} is a production stack; two different names are needed")
