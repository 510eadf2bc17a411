"""FHIR dates as ranges: `2024-05` is the whole of May. Microseconds from 1970 UTC, the upper end exclusive.

https://hl7.org/fhir/R4/search.html#date
"""

from __future__ import annotations

import re
from datetime import UTC, datetime, timedelta
from functools import lru_cache
from typing import NamedTuple

EARLIEST, LATEST = -(2**62), 2**62
_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
_MICROSECOND = timedelta(microseconds=1)
_SECOND = 1_000_000
_DAY = 86_400 * _SECOND
_FORM = re.compile(
    r"(\d{4})(?:-(\d\d)(?:-(\d\d)(?:T(\d\d):(\d\d)(?::(\d\d)(?:\.(\d{1,9}))?)?(Z|[+-]\d\d:\d\d)?)?)?)?"
)


class Span(NamedTuple):
    low: int
    high: int


EVER = Span(EARLIEST, LATEST)


@lru_cache(maxsize=8192)
def span(text: str) -> Span | None:
    """The range a date, dateTime or instant stands for; None where it is none of them."""
    match = _FORM.fullmatch(text)
    if match is None:
        return None
    year, month, day, hour, minute, second, fraction, zone = match.groups()
    try:
        if hour is None:
            return _whole(int(year), int(month) if month else None, int(day) if day else None)
        moment = datetime(int(year), int(month), int(day), int(hour), int(minute), min(int(second or 0), 59))
        low = micros(moment.replace(tzinfo=UTC)) - _offset(zone)
    except (ValueError, OverflowError):
        return None
    if fraction:
        width = max(10 ** (6 - len(fraction)), 1)
        low += int(fraction.ljust(6, "0")[:6])
        return Span(low, low + width)
    return Span(low, low + (60 * _SECOND if second is None else _SECOND))


def _whole(year: int, month: int | None, day: int | None) -> Span:
    low = micros(datetime(year, month or 1, day or 1, tzinfo=UTC))
    if day:
        return Span(low, low + _DAY)
    following = (year, month + 1) if month and month < 12 else (year + 1, 1)
    high = LATEST if following[0] > 9999 else micros(datetime(*following, 1, tzinfo=UTC))
    return Span(low, high)


def _offset(zone: str | None) -> int:
    if not zone or zone == "Z":
        return 0
    seconds = int(zone[1:3]) * 3600 + int(zone[4:6]) * 60
    return (-seconds if zone[0] == "-" else seconds) * _SECOND


def micros(moment: datetime) -> int:
    return (moment - _EPOCH) // _MICROSECOND


def moment(micro: int) -> datetime:
    return _EPOCH + timedelta(microseconds=micro)


def instant(at: datetime) -> str:
    """As the store writes `meta.lastUpdated`: always UTC, always microseconds."""
    return at.astimezone(UTC).isoformat(timespec="microseconds")
