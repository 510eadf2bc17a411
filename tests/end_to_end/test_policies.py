"""The rules on stacks that are up: nothing fails, every seeded violation is found, drift is told."""

from __future__ import annotations

import json
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

import pytest

import policies.rules  # noqa: F401
from policies.rule import RULES, Rule
from policies.state import State, parse
from tests.end_to_end.place import STACKS, Place, Result
from tests.policies import seeding

_STORAGE = 26
_BUCKET = "/storage/v1/b/careplane-cell-lakeside-documents"


@pytest.fixture(scope="session")
def states(place: Place) -> list[State]:
    """What the engine has written down of each stack."""
    exported = (place.must("pulumi", "stack", "export", "--stack", stack) for stack in STACKS)
    return [parse(text.encode(), stack) for text, stack in zip(exported, STACKS, strict=True)]


def test_no_local_stack_fails_a_check(place: Place) -> None:
    said = place.python("policies", "report", "--stack", *STACKS, "--json")
    report = json.loads(said.out)
    failed = [(f["rule"], f["stack"], f["resource"]) for f in report["findings"] if f["verdict"] == "failed"]
    assert failed == []
    assert said.code == 0
    # Each stack has something to judge, and what no rule is about is named.
    assert {f["stack"] for f in report["findings"] if f["verdict"] == "passed"} == set(STACKS)


@pytest.mark.parametrize("rule", RULES.values(), ids=lambda rule: rule.id)
def test_a_seeded_violation_is_found(rule: Rule, states: list[State]) -> None:
    assert seeding.found(rule, states)


@contextmanager
def versions_off(place: Place) -> Iterator[None]:
    """Somebody changes a tenant's bucket by hand, past the program."""

    def patch(enabled: bool) -> None:
        answer = place.google("PATCH", _STORAGE, _BUCKET, {"versioning": {"enabled": enabled}})
        assert answer.status_code == 200, answer.text

    patch(False)
    try:
        yield
    finally:
        patch(True)


def watched(result: Result) -> list[dict[str, Any]]:
    return [json.loads(line) for line in result.out.splitlines()]


def test_watching_tells_what_was_changed_by_hand(place: Place) -> None:
    with versions_off(place):
        seen = place.python("policies", "watch", "--once", "--stack", "local-tenant-lakeside")
    assert seen.code == 1, seen.said
    (drift,) = [alert for alert in watched(seen) if alert["kind"] == "drift"]
    assert drift["message"] == "drift: documents changed: versioning.enabled"
    assert drift["severity"] == "ERROR"
    well = place.python("policies", "watch", "--once", "--stack", "local-tenant-lakeside")
    assert watched(well) == []
    assert well.code == 0, well.said


def test_watching_a_stack_that_is_not_there_is_one_sentence(place: Place) -> None:
    said = place.python("policies", "watch", "--once", "--stack", "local-tenant-nobody")
    assert said.code == 2
    assert "local-tenant-nobody" in said.err
    assert "Traceback" not in said.err
