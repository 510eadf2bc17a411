"""Google's wire formats for moments and durations (RFC 3339 in UTC, seconds with an `s`)."""

from __future__ import annotations

import re
from datetime import UTC, datetime

from localcloud.api import ApiError

_MOMENT = re.compile(r"(\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d)(\.\d+)?(Z|[+-]\d\d:?\d\d)")
_DURATION = re.compile(r"(\d+(?:\.\d+)?)s")


def stamp(moment: datetime) -> str:
    return moment.astimezone(UTC).strftime("%Y-%m-%dT%H:%M:%S.%fZ")


def stamp_seconds(seconds: float) -> str:
    return stamp(datetime.fromtimestamp(seconds, UTC))


def parse(text: str, field: str = "timestamp") -> datetime:
    """A moment as Google's clients write it; nanoseconds are cut to microseconds."""
    match = _MOMENT.fullmatch(text.strip()) if isinstance(text, str) else None
    if match is None:
        raise ApiError(
            400, f"Invalid value at '{field}': {text!r} is not a timestamp such as 2026-01-31T12:00:00Z."
        )
    date, fraction, zone = match.groups()
    micros = ((fraction or ".0")[1:7]).ljust(6, "0")
    try:
        return datetime.fromisoformat(f"{date}.{micros}{'+00:00' if zone == 'Z' else zone}")
    except ValueError as error:
        raise ApiError(400, f"Invalid value at '{field}': {text!r} is no moment: {error}.") from error


def seconds(text: str, field: str = "duration") -> float:
    """A duration such as `600s` or `3.5s`."""
    match = _DURATION.fullmatch(text) if isinstance(text, str) else None
    if match is None:
        raise ApiError(400, f"Invalid value at '{field}': {text!r} is not a duration such as 600s.")
    return float(match.group(1))
