"""What a rule makes of its judge's answer; the registry takes no id and no number twice."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace

import pytest

from policies.case import one
from policies.resource import Resource, UnknownValue
from policies.result import Verdict
from policies.rule import RULES, NotApplicable, Problem, Rule, rule
from policies.stack import Stack

CASE = one("gcp:x/y:Y", {"a": 1})


def made(answer: Exception | list[Problem]) -> Rule:
    def judge(resource: Resource, stack: Stack) -> Iterator[Problem]:
        if isinstance(answer, Exception):
            raise answer
        yield from answer

    return Rule("r", 1000, "It holds", "Mend it.", "low", ("gcp:x/y:Y", "gcp:z/*"), {}, CASE, CASE, judge)


@pytest.mark.parametrize(
    ("answer", "verdict", "message"),
    [
        ([], Verdict.PASSED, "It holds"),
        ([Problem("a", None), Problem("b", 1)], Verdict.FAILED, "a is absent; b is 1. Mend it."),
        (UnknownValue("a"), Verdict.UNPROVEN, "a is not known yet"),
        (UnknownValue("", "nobody says"), Verdict.UNPROVEN, "nobody says"),
        (NotApplicable("not here"), Verdict.NOT_APPLICABLE, "not here"),
    ],
)
def test_verdicts(answer: Exception | list[Problem], verdict: Verdict, message: str) -> None:
    stack = CASE.build()
    finding = made(answer).finding(stack.resources[0], stack)
    assert (finding.verdict, finding.message, finding.stack) == (verdict, message, "case")


def test_a_problem_found_before_an_unknown_value_stays_one() -> None:
    def judge(resource: Resource, stack: Stack) -> Iterator[Problem]:
        yield Problem("a", 1)
        raise UnknownValue("b")

    stack = CASE.build()
    finding = replace(made([]), judge=judge).finding(stack.resources[0], stack)
    assert (finding.verdict, finding.path, finding.message) == (Verdict.FAILED, "a", "a is 1. Mend it.")


def test_what_a_rule_is_about() -> None:
    assert made([]).applies_to("gcp:x/y:Y")
    assert made([]).applies_to("gcp:z/w:W")
    assert not made([]).applies_to("gcp:x/y:Yes")


@pytest.mark.parametrize(("id", "number"), [("sql-cmek", 1000), ("new-one", 6)])
def test_an_id_or_number_twice_is_refused(id: str, number: int) -> None:
    register = rule(id, number, "t", "r.", "low", ("gcp:x/y:Y",), {}, CASE, CASE)
    with pytest.raises(ValueError, match=f"rule {id} .{number}. is registered twice"):
        register(lambda resource, stack: ())
    assert "new-one" not in RULES
