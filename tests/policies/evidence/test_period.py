"""A period has one form, a first and a last day."""

from __future__ import annotations

from datetime import date, timedelta

import pytest

from policies.errors import PolicyError
from policies.evidence.period import day_of, parse


@pytest.mark.parametrize(
    ("name", "first", "last"),
    [
        ("2026-Q1", date(2026, 1, 1), date(2026, 3, 31)),
        ("2026-Q4", date(2026, 10, 1), date(2026, 12, 31)),
        ("2028-02", date(2028, 2, 1), date(2028, 2, 29)),
        ("2026-12", date(2026, 12, 1), date(2026, 12, 31)),
        ("2026", date(2026, 1, 1), date(2026, 12, 31)),
    ],
)
def test_periods(name: str, first: date, last: date) -> None:
    period = parse(name)
    assert (period.first, period.last) == (first, last)
    assert period.holds(first)
    assert period.holds(last)
    assert not period.over(last)
    assert period.over(last + timedelta(days=1))


@pytest.mark.parametrize(
    "name", ["", "2026-Q5", "2026-Q0", "2026-13", "Q4-2026", "2026-q4", "26-Q4", "2026-Q4 ", "1999"]
)
def test_what_is_no_period_is_refused(name: str) -> None:
    with pytest.raises(PolicyError, match=r"--period: .* is no period; allowed: 2026-Q4, 2026-11, 2026"):
        parse(name)


def test_the_day_of_a_time() -> None:
    assert day_of("2026-11-25T14:00:00+00:00") == date(2026, 11, 25)
    assert day_of("yesterday") is None
    assert day_of(None) is None
