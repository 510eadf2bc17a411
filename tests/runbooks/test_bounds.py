"""Bounds of `--abort-when`, and approvals of a production stack."""

from __future__ import annotations

import pytest

from runbooks.drill.approval import approvals
from runbooks.drill.bounds import parse
from runbooks.errors import PreconditionError

KNOWN = {"errors": lambda: 0.0, "p99_ms": lambda: None}


@pytest.mark.parametrize(
    ("text", "value", "crossed"),
    [
        ("errors>5", 5.0, False), ("errors>5", 5.1, True), ("errors>=5", 5.0, True), ("errors<2", 1.0, True),
        (" errors <= 0.5 ", 0.5, True), ("errors>-1", 0.0, True), ("errors>5", None, False),
    ],
)  # fmt: skip
def test_a_bound_is_crossed_by_its_own_comparison(text: str, value: float | None, crossed: bool) -> None:
    assert bool(parse(text, KNOWN).crossed({"errors": lambda: value})) is crossed


def test_what_crossed_a_bound_is_said() -> None:
    assert (
        parse("errors>5", KNOWN).crossed({"errors": lambda: 7.0}) == "errors is 7, and the bound is errors>5"
    )


@pytest.mark.parametrize(
    "text", ["", "errors", "errors=5", "errors>", ">5", "errors>five", "errors>1e", "a b>1"]
)
def test_what_is_no_bound_is_refused(text: str) -> None:
    with pytest.raises(PreconditionError, match="is no bound; write METRIC>VALUE"):
        parse(text, KNOWN)


def test_an_unknown_metric_names_the_nearest() -> None:
    with pytest.raises(PreconditionError, match="metric 'error' is unknown; the nearest known is errors"):
        parse("error>5", KNOWN)


def test_production_needs_two_different_names() -> None:
    assert approvals([], "a", production=False) == []
    assert approvals(["Ann", "Bob  Lee "], "a", production=True) == ["Ann", "Bob Lee"]


@pytest.mark.parametrize(
    ("given", "says"),
    [
        ([], "two different names are needed"),
        (["Ann"], "two different names are needed"),
        (["Ann", "ann"], "approved twice"),
        (["Ann", " ANN "], "approved twice"),
        (["Ann", " "], "a name is empty"),
    ],
)
def test_fewer_than_two_people_are_refused(given: list[str], says: str) -> None:
    with pytest.raises(PreconditionError, match=says):
        approvals(given, "a", production=True)
