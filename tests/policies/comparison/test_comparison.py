"""COMPARISON.md says what both tools say today, and every difference has its reason."""

from __future__ import annotations

from policies.rule import RULES
from tests.policies.comparison import compare
from tests.shared_data import shared


def inputs() -> list[compare.Input]:
    return [compare.bad(), compare.official(shared("gcp/official-provider") / "state.json")]


def test_the_committed_table_is_todays() -> None:
    made = compare.render(inputs())
    again = "python -m tests.policies.comparison STATE, with the official provider's state.json"
    assert compare.FILE.read_text() == made, f"write it again: {again}"


def test_every_difference_has_a_reason() -> None:
    rows = compare.rows(inputs())
    assert [row.check for row in rows if row.differing and not row.why] == []


def test_every_check_of_the_others_is_accounted_for() -> None:
    known = compare.checks()
    asked = {check for check, _ in compare.bad().checkov()}
    assert asked - set(known) == set()
    named = {about["ours"] for about in known.values() if "ours" in about}
    assert named <= set(RULES)


def test_ours_speaks_of_the_types_on_which_the_other_is_silent() -> None:
    silent = compare.silent(compare.bad())
    assert len(silent) >= 13
    assert [type for type, count in silent if count == 0] == []
