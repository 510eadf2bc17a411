"""A definition that shows nothing, or that nobody could follow, is refused in one sentence."""

from __future__ import annotations

import json
from dataclasses import asdict
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest

import runbooks.actions  # noqa: F401
from runbooks.drill import definition
from runbooks.drill.activities import ACTIVITIES
from runbooks.errors import DefinitionError, PreconditionError
from tests.runbooks import definitions
from tests.runbooks.definitions import KNOWN, waiting


def test_whole_definition_is_read() -> None:
    drill = definition.parse(definitions.GOOD, "example", KNOWN)
    assert drill.rto_seconds == 60
    assert drill.checks[0].proves_data
    assert drill.every_days == 90


@pytest.mark.parametrize(
    ("given", "key", "says"),
    [
        (definitions.WITHOUT_A_DATA_PROVING_CHECK, "checks", "none proves data"),
        (definitions.WITH_AN_UNKNOWN_ACTIVITY, "method.do", "the nearest known is steady"),
        (definitions.WITH_AN_ACTION_IN_THE_HYPOTHESIS, "hypothesis.do", "probes only"),
        (definitions.WITH_AN_ACTION_AMONG_THE_CHECKS, "checks.do", "probes only"),
        (definitions.WITHOUT_A_ROLLBACK, "drill", "'rollback' is a required property"),
        (definitions.WITHOUT_A_VERSION, "drill", "'version' is a required property"),
        (definitions.WITH_A_NEGATIVE_OBJECTIVE, "objectives.rpo_seconds", "minimum"),
        (definitions.WITH_NO_TIME_TO_RECOVER, "objectives.rto_seconds", "minimum"),
        (definitions.WITH_AN_UNKNOWN_KEY, "drill", "surprise"),
        (definitions.WITH_ANOTHER_NAME, "name", "not the name of its folder"),
        (definitions.WITH_AN_UNKNOWN_ARGUMENT, "method.with", "the nearest known is seconds"),
        (definitions.WITHOUT_A_NEEDED_ARGUMENT, "method.with", "wait needs the argument 'seconds'"),
        (definitions.WITH_TEXT_FOR_A_NUMBER, "method.with", "wait.seconds: 'long' is no number"),
        (definitions.WITH_A_SWITCH_FOR_A_NUMBER, "method.with", "wait.seconds: True is no number"),
        (definitions.WITH_A_MOMENT_WITHOUT_ZONE, "method.with", "has no zone"),
        (definitions.WITH_AN_UNKNOWN_PARAMETER, "method.with.seconds", "parameter 'second' is unknown"),
        (definitions.WITH_A_PARAMETER_OF_ANOTHER_TYPE, "method.with.seconds", "another type"),
        (None, "drill", "None is not of type 'object'"),
    ],
)
def test_bad_definition_is_refused_by_key(given: Any, key: str, says: str) -> None:
    with pytest.raises(DefinitionError) as caught:
        definition.parse(given, "example", KNOWN)
    assert caught.value.key == key
    assert says in str(caught.value)
    assert "\n" not in str(caught.value)


@pytest.mark.parametrize("text", ["name: [", "name: a\n\tb: c", "\x00"])
def test_what_is_no_yaml_is_refused_by_file(tmp_path: Path, text: str) -> None:
    (tmp_path / "bad").mkdir()
    (tmp_path / "bad" / "drill.yaml").write_text(text)
    with pytest.raises(DefinitionError, match=r"drill bad: drill\.yaml: is no YAML") as caught:
        definition.load("bad", KNOWN, tmp_path)
    assert "\n" not in str(caught.value)


def test_a_yaml_moment_keeps_its_zone(tmp_path: Path) -> None:
    (tmp_path / "example").mkdir()
    text = json.dumps(waiting(seconds=1, until="MOMENT")).replace('"MOMENT"', "2026-11-25T10:00:00Z")
    (tmp_path / "example" / "drill.yaml").write_text(text)
    drill = definition.load("example", KNOWN, tmp_path)
    step = drill.method[0]
    assert KNOWN[step.do].typed(step.arguments)["until"] == datetime(2026, 11, 25, 10, tzinfo=UTC)


def test_parameters_are_put_in_and_those_not_given_are_left_out() -> None:
    given = waiting(seconds=1, until={"parameter": "until"}, loud={"parameter": "loud"})
    given["parameters"] = {"until": {"type": "time", "title": "x"}, "loud": {"type": "boolean", "title": "x"}}
    drill = definition.parse(given, "example", KNOWN)
    filled, values = definition.with_parameters(drill, {"loud": "true"}, KNOWN)
    assert dict(filled.method[0].arguments) == {"seconds": 1, "loud": True}
    assert values == {"loud": True}


def test_a_parameter_that_an_activity_needs_must_be_given() -> None:
    given = waiting(seconds={"parameter": "seconds"})
    given["parameters"] = {"seconds": {"type": "number", "title": "x"}}
    drill = definition.parse(given, "example", KNOWN)
    with pytest.raises(PreconditionError, match="wait needs the argument 'seconds'"):
        definition.with_parameters(drill, {}, KNOWN)


def test_a_drill_comes_back_from_its_journal_as_it_was() -> None:
    drill = definition.parse(waiting(seconds=2.5), "example", KNOWN, "abc")
    assert definition.from_journal(json.loads(json.dumps(asdict(drill)))) == drill


@pytest.mark.parametrize("name", definition.names())
def test_shipped_drills_are_whole(name: str) -> None:
    assert definition.load(name, ACTIVITIES).name == name


def test_every_activity_is_used_by_some_drill_and_says_what_it_does() -> None:
    drills = [definition.load(name, ACTIVITIES) for name in definition.names()]
    assert {step.do for drill in drills for step in drill.steps} == set(ACTIVITIES)
    assert all(activity.does != activity.name for activity in ACTIVITIES.values())
