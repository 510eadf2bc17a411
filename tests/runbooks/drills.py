"""Drill definitions for tests, named after what is wrong with them."""

from __future__ import annotations

import copy
from typing import Any

GOOD: dict[str, Any] = {
    "name": "example",
    "title": "An example of a whole drill",
    "objectives": {"rpo_seconds": 1, "rto_seconds": 60},
    "roles": ["operator"],
    "preconditions": [{"do": "ready", "title": "Ready"}],
    "hypothesis": [{"do": "steady", "title": "Steady"}],
    "method": [{"do": "act", "title": "Act"}],
    "checks": [{"do": "prove", "title": "Prove", "proves_data": True}],
    "rollback": [{"do": "undo", "title": "Undo"}, {"do": "undo-more", "title": "Undo more"}],
}


def changed(**values: Any) -> dict[str, Any]:
    return {**copy.deepcopy(GOOD), **values}


WITHOUT_A_DATA_PROVING_CHECK = changed(checks=[{"do": "prove", "title": "Prove"}])
WITH_AN_UNKNOWN_ACTIVITY = changed(method=[{"do": "nonsense", "title": "x"}])
WITHOUT_A_ROLLBACK = {key: value for key, value in GOOD.items() if key != "rollback"}
WITH_A_NEGATIVE_OBJECTIVE = changed(objectives={"rpo_seconds": -1, "rto_seconds": 60})
WITH_AN_UNKNOWN_KEY = changed(surprise=True)
