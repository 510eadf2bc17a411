"""A definition that shows nothing, or that nobody could follow, is refused."""

from __future__ import annotations

from typing import Any

import pytest

import runbooks.actions  # noqa: F401
from runbooks.drill import definition
from runbooks.drill.activities import ACTIVITIES
from runbooks.errors import DefinitionError
from tests.runbooks import drills

KNOWN = {"ready", "steady", "act", "prove", "undo", "undo-more"}


def test_whole_definition_is_read() -> None:
    drill = definition.parse(drills.GOOD, "example", KNOWN)
    assert drill.rto_seconds == 60
    assert drill.checks[0].proves_data


@pytest.mark.parametrize(
    ("given", "key"),
    [
        (drills.WITHOUT_A_DATA_PROVING_CHECK, "checks"),
        (drills.WITH_AN_UNKNOWN_ACTIVITY, "method.do"),
        (drills.WITHOUT_A_ROLLBACK, "drill"),
        (drills.WITH_A_NEGATIVE_OBJECTIVE, "objectives.rpo_seconds"),
        (drills.WITH_AN_UNKNOWN_KEY, "drill"),
        (None, "drill"),
    ],
)
def test_bad_definition_is_refused_by_key(given: Any, key: str) -> None:
    with pytest.raises(DefinitionError) as caught:
        definition.parse(given, "example", KNOWN)
    assert caught.value.key == key


@pytest.mark.parametrize("name", definition.names())
def test_shipped_drills_are_whole(name: str) -> None:
    assert definition.load(name, ACTIVITIES).name == name


def test_every_activity_is_used_by_some_drill() -> None:
    used = {
        step.do
        for name in definition.names()
        for phase in ("preconditions", "hypothesis", "method", "checks", "rollback")
        for step in getattr(definition.load(name, ACTIVITIES), phase)
    }
    assert used == set(ACTIVITIES)
