"""What a journal proves: `passed`, `failed` or `not_proven`, from its document alone.

It starts at `not_proven`, and only what was seen and measured moves it: `completed` says that the run
came to its end, and a run that was interrupted never passes.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping
from typing import Any

STAGES = (
    "preconditions",
    "hypothesis before",
    "method",
    "hypothesis after the method",
    "checks of what was recovered",
    "rollback",
    "hypothesis after the rollback",
    "checks",
)
_BEFORE = STAGES[:2]


def planned(drill: Mapping[str, Any]) -> dict[str, list[Any]]:
    """Each stage with its steps, in order; `drill` as the journal has it."""
    steady, checks = list(drill["hypothesis"]), list(drill["checks"])
    return dict(
        zip(
            STAGES,
            (
                list(drill["preconditions"]),
                steady,
                list(drill["method"]),
                steady,
                [check for check in checks if check["before_rollback"]],
                list(drill["rollback"]),
                steady,
                [check for check in checks if not check["before_rollback"]],
            ),
            strict=True,
        )
    )


def judge(document: Mapping[str, Any]) -> str:
    """The verdict; anything that failed once the drill had begun to act fails it."""
    if document["status"] == "refused":
        return "not_proven"
    acted = [entry for entry in document["activities"] if entry["phase"] not in _BEFORE]
    if document["status"] == "aborted" or any(entry["status"] == "failed" for entry in acted):
        return "failed"
    measured, objectives = document["measured"], document["objectives"]
    if any(_over(measured.get(name), objectives[name]) for name in objectives):
        return "failed"
    if document["status"] != "completed" or not _all_done(document):
        return "not_proven"
    return "passed" if all(_number(measured.get(name)) for name in objectives) else "not_proven"


def _number(value: Any) -> bool:
    return isinstance(value, int | float) and not isinstance(value, bool)


def _over(value: Any, objective: float) -> bool:
    return _number(value) and not value <= objective


def _all_done(document: Mapping[str, Any]) -> bool:
    """Whether each planned step was done, once and in its stage."""
    wanted = Counter(
        (stage, step["do"]) for stage, steps in planned(document["drill"]).items() for step in steps
    )
    done = Counter(
        (entry["phase"], entry["do"]) for entry in document["activities"] if entry["status"] == "done"
    )
    return wanted == done and len(document["activities"]) == wanted.total()
