"""Drill definitions for tests, named after what is wrong with them."""

from __future__ import annotations

import copy
from datetime import datetime
from typing import Any

from runbooks.drill.activities import Registry
from runbooks.drill.run import Run

GOOD: dict[str, Any] = {
    "name": "example",
    "title": "An example of a whole drill",
    "version": 1,
    "objectives": {"rpo_seconds": 1, "rto_seconds": 60},
    "roles": ["operator"],
    "preconditions": [{"do": "ready", "title": "Ready"}],
    "hypothesis": [{"do": "steady", "title": "Steady"}],
    "method": [{"do": "act", "title": "Act"}],
    "checks": [
        {"do": "prove", "title": "Prove", "proves_data": True, "before_rollback": True},
        {"do": "prove-more", "title": "Prove more", "proves_data": True},
    ],
    "rollback": [{"do": "undo", "title": "Undo"}, {"do": "undo-more", "title": "Undo more"}],
}
KNOWN = Registry()


def _nothing(run: Run) -> None:
    """Do nothing."""


for _name in ("ready", "steady", "prove", "prove-more"):
    KNOWN.probe(_name)(_nothing)
for _name in ("act", "undo", "undo-more"):
    KNOWN.action(_name)(_nothing)


@KNOWN.action("wait", calls=("sleep",))
def wait(run: Run, seconds: float, until: datetime | None = None, loud: bool = False) -> None:
    """Wait for a time."""


def changed(**values: Any) -> dict[str, Any]:
    return {**copy.deepcopy(GOOD), **values}


def waiting(**arguments: Any) -> dict[str, Any]:
    return changed(method=[{"do": "wait", "title": "Wait", "with": arguments}])


WITHOUT_A_DATA_PROVING_CHECK = changed(checks=[{"do": "prove", "title": "Prove"}])
WITH_AN_UNKNOWN_ACTIVITY = changed(method=[{"do": "stedy", "title": "x"}])
WITH_AN_ACTION_IN_THE_HYPOTHESIS = changed(hypothesis=[{"do": "act", "title": "x"}])
WITH_AN_ACTION_AMONG_THE_CHECKS = changed(checks=[{"do": "act", "title": "x", "proves_data": True}])
WITHOUT_A_ROLLBACK = {key: value for key, value in GOOD.items() if key != "rollback"}
WITHOUT_A_VERSION = {key: value for key, value in GOOD.items() if key != "version"}
WITH_A_NEGATIVE_OBJECTIVE = changed(objectives={"rpo_seconds": -1, "rto_seconds": 60})
WITH_NO_TIME_TO_RECOVER = changed(objectives={"rpo_seconds": 0, "rto_seconds": 0})
WITH_AN_UNKNOWN_KEY = changed(surprise=True)
WITH_ANOTHER_NAME = changed(name="other-name")
WITH_AN_UNKNOWN_ARGUMENT = waiting(second=1)
WITHOUT_A_NEEDED_ARGUMENT = waiting()
WITH_TEXT_FOR_A_NUMBER = waiting(seconds="long")
WITH_A_SWITCH_FOR_A_NUMBER = waiting(seconds=True)
WITH_A_MOMENT_WITHOUT_ZONE = waiting(seconds=1, until="2026-11-25T10:00:00")
WITH_AN_UNKNOWN_PARAMETER = waiting(seconds={"parameter": "second"})
WITH_A_PARAMETER_OF_ANOTHER_TYPE = {
    **waiting(seconds={"parameter": "second"}),
    "parameters": {"second": {"type": "text", "title": "how long"}},
}
