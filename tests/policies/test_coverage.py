"""What a report says of a control follows from its findings and from nothing else."""

from __future__ import annotations

import pytest

from policies.coverage import Status, coverage
from policies.framework import Control, Framework, Responsibility, Section, load_all
from policies.result import Finding, Report, Verdict

CONTROLS = (
    Control("1", "Keys", Responsibility.TECHNICAL, ("a", "b")),
    Control("2", "Doors", Responsibility.INHERITED, artefact="A report."),
    Control("3", "Training", Responsibility.PROCESS, process="A plan."),
    Control("4", "Nothing", Responsibility.NOT_COVERED, reason="Nobody does."),
)
LAW = Framework("law", "A law", "1", "https://example.org", "All.", (Section("1", "All", CONTROLS),))


def report(*verdicts: tuple[str, Verdict]) -> Report:
    found = tuple(Finding(rule, f"urn:{n}", "r", verdict, "") for n, (rule, verdict) in enumerate(verdicts))
    return Report((), "2026-11-25T00:00:00+00:00", "c", "0", found)


P, F, U, W, N = (
    Verdict.PASSED,
    Verdict.FAILED,
    Verdict.UNPROVEN,
    Verdict.WAIVED,
    Verdict.NOT_APPLICABLE,
)


@pytest.mark.parametrize(
    ("verdicts", "status", "against"),
    [
        ((("a", P), ("b", P)), Status.SATISFIED, ()),
        ((("a", P), ("b", N)), Status.SATISFIED, ()),
        ((("a", P), ("b", F)), Status.NOT_SATISFIED, ("b",)),
        ((("a", P), ("a", F)), Status.NOT_SATISFIED, ("a",)),
        ((("a", U), ("b", P)), Status.NOT_SATISFIED, ("a",)),
        ((("a", W), ("b", P)), Status.NOT_SATISFIED, ("a",)),
        ((("a", N), ("b", N)), Status.NOT_JUDGED, ()),
        ((("c", P),), Status.NOT_JUDGED, ()),
        ((), Status.NOT_JUDGED, ()),
    ],
)
def test_status_of_a_technical_control(
    verdicts: tuple[tuple[str, Verdict], ...], status: Status, against: tuple[str, ...]
) -> None:
    (covered,) = coverage(report(*verdicts), [LAW])
    assert (covered.controls[0].status, covered.controls[0].against) == (status, against)


def test_the_others_are_said_to_be_what_they_are() -> None:
    (covered,) = coverage(report(("a", F)), [LAW])
    assert [each.status for each in covered.controls[1:]] == ["inherited", "process", "not_covered"]


def test_numbers() -> None:
    (covered,) = coverage(report(("a", P)), [LAW])
    assert covered.numbers() == {
        "controls": 4,
        "technical": 1,
        "inherited": 1,
        "process": 1,
        "not_covered": 1,
        "covered_percent": 25.0,
        "satisfied": 1,
        "not_satisfied": 0,
        "not_judged": 0,
        "satisfied_in_part": 1,
    }


def test_the_numbers_of_every_framework_add_up() -> None:
    for each in coverage(report(("kms-rotation", P), ("topic-cmek", F)), load_all()):
        n = each.numbers()
        assert n["technical"] + n["inherited"] + n["process"] + n["not_covered"] == n["controls"]
        assert n["satisfied"] + n["not_satisfied"] + n["not_judged"] == n["technical"]
        assert 0 < each.covered < 100


@pytest.mark.parametrize(
    ("verdicts", "silent", "in_part"),
    [
        ((("a", P), ("b", P)), (), False),
        ((("a", P), ("b", N)), ("b",), True),
        ((("a", P),), ("b",), True),
        ((("a", U), ("b", N)), ("b",), False),
        ((("a", W), ("b", F)), (), False),
        ((("a", N),), ("a", "b"), False),
    ],
)
def test_checks_that_judged_nothing_are_listed_beside_the_control(
    verdicts: tuple[tuple[str, Verdict], ...], silent: tuple[str, ...], in_part: bool
) -> None:
    (covered,) = coverage(report(*verdicts), [LAW])
    assert (covered.controls[0].silent, covered.controls[0].in_part) == (silent, in_part)
    assert covered.numbers()["satisfied_in_part"] == int(in_part)
    assert ("(1 of them in part)" in covered.told()) is in_part


def test_in_words() -> None:
    (covered,) = coverage(report(("a", P), ("b", P)), [LAW])
    assert covered.told() == (
        "checks exist for 1 of 4 controls (25 %); here: 1 satisfied, 0 not satisfied, 0 not judged"
    )
