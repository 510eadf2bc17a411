"""Lists in pages: `pageSize`, `pageToken`, `nextPageToken` over an ordered list."""

from __future__ import annotations

import base64
from collections.abc import Sequence
from typing import Any

from localcloud.api import ApiError, Call, Json

_LARGEST = 1000


def page(call: Call, field: str, items: Sequence[Any], default: int = 500) -> Json:
    """One page of `items` under `field`; an empty list is left out, as Google does."""
    start, size = _start(call.query.get("pageToken", "")), _size(call, default)
    answer: Json = {field: list(items[start : start + size])} if items[start : start + size] else {}
    if start + size < len(items):
        answer["nextPageToken"] = base64.urlsafe_b64encode(str(start + size).encode()).decode()
    return answer


def _size(call: Call, default: int) -> int:
    given = call.query.get("pageSize") or call.query.get("maxResults") or "0"
    if not given.lstrip("-").isdigit() or int(given) < 0:
        raise ApiError(400, f"Invalid value at 'pageSize': {given!r} is no number from 0.")
    return min(int(given) or default, _LARGEST)


def _start(token: str) -> int:
    try:
        return int(base64.urlsafe_b64decode(token)) if token else 0
    except ValueError as error:
        raise ApiError(400, "Invalid value at 'pageToken': it is no token that a list gave.") from error
