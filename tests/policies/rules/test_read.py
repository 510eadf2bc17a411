"""Lists of rules: nothing, something, or a form that cannot be judged."""

from __future__ import annotations

import pytest

from policies.resource import UNKNOWN, Properties, UnknownValue
from policies.rules.read import entries, values


@pytest.mark.parametrize("given", [{}, {"a": None}, {"a": {}}, {"a": {"b": None}}, {"a": {"b": []}}])
def test_a_list_that_is_left_out_is_empty(given: dict[str, object]) -> None:
    assert values(Properties(given), "a.b") == []


def test_items_come_with_their_paths() -> None:
    given = Properties({"a": {"b": [{"c": 1}, {"c": 2}]}})
    assert [(path, each["c"]) for path, each in entries(given, "a.b")] == [("a.b[0]", 1), ("a.b[1]", 2)]
    assert values(Properties({"a": {"b": ["x"]}}), "a.b") == [("a.b[0]", "x")]


@pytest.mark.parametrize(
    "given",
    [{"a": "x"}, {"a": ["x"]}, {"a": {"b": "x"}}, {"a": {"b": {}}}, {"a": {"b": ["x"]}}, {"a": UNKNOWN}],
)
def test_another_form_cannot_be_judged(given: dict[str, object]) -> None:
    with pytest.raises(UnknownValue):
        entries(Properties(given), "a.b")
