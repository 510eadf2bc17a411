"""How deep JSON may be nested.

Python's own limit depends on how deep the caller stands: what one request could write, a search that puts it
into a bundle could not write again. So the limit is a number, and far below.
"""

from __future__ import annotations

from typing import Any

DEEPEST = 100
"""Levels of one body; FHIR's own resources need about twenty, a bundle around them three more."""


def too_deep(value: Any, limit: int = DEEPEST) -> bool:
    """Level by level, not by recursion."""
    level = _inside([[value]])
    for _ in range(limit):
        if not level:
            return False
        level = _inside(level)
    return bool(level)


def _inside(values: list[Any]) -> list[Any]:
    return [
        inner
        for value in values
        for inner in (value.values() if type(value) is dict else value)
        if type(inner) is dict or type(inner) is list
    ]
