"""The registry: names, kinds, typed arguments."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Any

import pytest

from runbooks.drill.activities import Registry
from runbooks.drill.arguments import read
from runbooks.drill.run import Run
from tests.runbooks.definitions import KNOWN


def test_a_name_is_registered_once() -> None:
    known = Registry()

    def look(run: Run) -> None:
        """Look."""

    known.probe("look")(look)
    with pytest.raises(ValueError, match="registered twice"):
        known.action("look")(look)


def test_arguments_are_those_of_the_signature() -> None:
    wait = KNOWN["wait"]
    assert {name: (a.type, a.required) for name, a in wait.arguments.items()} == {
        "seconds": (float, True),
        "until": (datetime, False),
        "loud": (bool, False),
    }
    assert wait.does == "Wait for a time."
    assert wait.calls == ("sleep",)


def test_an_argument_of_a_type_that_no_file_can_hold_is_refused_when_it_is_written() -> None:
    def act(run: Run, things: list) -> None:  # type: ignore[type-arg]
        """Act."""

    with pytest.raises(TypeError, match="is no type of an argument"):
        Registry().action("act")(act)


@pytest.mark.parametrize(
    ("wanted", "text", "value"),
    [
        (str, "a", "a"),
        (int, "4", 4),
        (float, "4.5", 4.5),
        (bool, "true", True),
        (datetime, "2026-11-25T10:00:00Z", datetime(2026, 11, 25, 10, tzinfo=UTC)),
        (datetime, "2026-11-25T11:00:00+01:00", datetime(2026, 11, 25, 10, tzinfo=UTC)),
    ],
)
def test_text_becomes_the_type(wanted: type, text: str, value: Any) -> None:
    assert read(wanted, text) == value


@pytest.mark.parametrize(
    ("wanted", "text", "says"),
    [
        (int, "4.5", "no whole number"),
        (float, "long", "no number"),
        (bool, "yes", "neither true nor false"),
        (datetime, "yesterday", "no moment"),
        (datetime, "2026-11-25T10:00:00", "has no zone"),
        (datetime, "2026-11-25", "has no zone"),
    ],
)
def test_text_that_is_none_is_refused(wanted: type, text: str, says: str) -> None:
    with pytest.raises(ValueError, match=says):
        read(wanted, text)
