"""The period that a pack is about: a quarter, a month or a year of UTC days."""

from __future__ import annotations

import re
from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta

from policies.errors import PolicyError

_FORMS = re.compile(r"(?P<year>20[0-9]{2})(-Q(?P<quarter>[1-4])|-(?P<month>0[1-9]|1[0-2]))?")


@dataclass(frozen=True)
class Period:
    """`name` as it was given; both days belong to it."""

    name: str
    first: date
    last: date

    def holds(self, day: date) -> bool:
        return self.first <= day <= self.last

    def over(self, today: date) -> bool:
        return self.last < today


def parse(name: str) -> Period:
    """`2026-Q4`, `2026-11` or `2026`."""
    found = _FORMS.fullmatch(name)
    if not found:
        raise PolicyError(f"--period: {name!r} is no period; allowed: 2026-Q4, 2026-11, 2026")
    year, quarter, month = int(found["year"]), found["quarter"], found["month"]
    if month:
        return _months(name, year, int(month), 1)
    return _months(name, year, 3 * int(quarter) - 2, 3) if quarter else _months(name, year, 1, 12)


def _months(name: str, year: int, month: int, count: int) -> Period:
    after = month - 1 + count
    return Period(name, date(year, month, 1), date(year + after // 12, after % 12 + 1, 1) - timedelta(days=1))


def moment_of(stamp: object) -> datetime | None:
    """An ISO 8601 time in UTC (which it is in where it does not say), or None where it is none."""
    try:
        moment = datetime.fromisoformat(str(stamp))
        return moment.astimezone(UTC) if moment.tzinfo else moment.replace(tzinfo=UTC)
    except (ValueError, OverflowError):
        return None


def day_of(stamp: object) -> date | None:
    """The day in UTC of an ISO 8601 time, or None where it is none."""
    moment = moment_of(stamp)
    return moment.date() if moment else None
