"""A drill counts while it is young, passed, and met what it promised."""

from __future__ import annotations

from dataclasses import replace
from datetime import date, timedelta

import pytest

from policies.context import Drill
from policies.result import Verdict
from tests.policies.judged import stack, verdict

GOOD = Drill("tenant-pitr", "case", date.today(), "passed", rpo=0, rto=4, rpo_objective=1, rto_objective=60)
LONG_AGO = replace(GOOD, on=date.today() - timedelta(days=200))


def judged(*drills: Drill, kind: str = "tenant") -> Verdict:
    return verdict("recovery-drilled", stack(drills=drills, kind=kind))


def test_the_youngest_counts() -> None:
    assert judged(LONG_AGO, GOOD) is Verdict.PASSED
    assert judged(LONG_AGO) is Verdict.FAILED


@pytest.mark.parametrize(
    "changed",
    [
        {"verdict": "not_proven"},
        {"rto": 61},
        {"rpo": 2},
        {"rto": None},
        {"stack": "other"},
        {"on": date.today() + timedelta(days=1)},
    ],
)
def test_what_does_not_count(changed: dict[str, object]) -> None:
    assert judged(replace(GOOD, **changed)) is Verdict.FAILED  # type: ignore[arg-type]


def test_without_packs_nothing_is_proved() -> None:
    assert verdict("recovery-drilled", stack(kind="tenant")) is Verdict.UNPROVEN
    assert judged(GOOD, kind="cell") is Verdict.NOT_APPLICABLE
