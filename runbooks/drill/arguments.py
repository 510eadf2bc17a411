"""Typed arguments of activities and parameters of drills: text, numbers, switches and moments."""

from __future__ import annotations

import types
import typing
from dataclasses import dataclass
from datetime import datetime
from typing import Any

KINDS: dict[type, str] = {
    str: "text",
    int: "whole number",
    float: "number",
    bool: "true or false",
    datetime: "moment with its zone, such as 2026-11-25T10:00:00Z",
}
NAMES: dict[str, type] = {"text": str, "integer": int, "number": float, "boolean": bool, "time": datetime}
"""How drill.yaml names the types of a drill's parameters."""


@dataclass(frozen=True)
class Argument:
    """One argument of an activity, from its function's signature; without a default it is required."""

    name: str
    type: type
    required: bool


def kind_of(hint: Any) -> type:
    """The type of an annotation; `X | None` counts as X."""
    if isinstance(hint, types.UnionType) or typing.get_origin(hint) is typing.Union:
        hint = next(part for part in typing.get_args(hint) if part is not type(None))
    if hint not in KINDS:
        raise TypeError(
            f"{hint!r} is no type of an argument; allowed: {', '.join(k.__name__ for k in KINDS)}"
        )
    found: type = hint
    return found


def checked(wanted: type, value: Any) -> Any:
    """A value of a definition or a journal as the function gets it; `ValueError` says what is wrong."""
    if wanted is datetime:
        return moment(value)
    if wanted is float and isinstance(value, int) and not isinstance(value, bool):
        return float(value)
    if type(value) is not wanted:
        raise ValueError(f"{value!r} is no {KINDS[wanted]}")
    return value


def read(wanted: type, text: str) -> Any:
    """The same, from the command line."""
    if wanted is bool:
        if text not in ("true", "false"):
            raise ValueError(f"{text!r} is neither true nor false")
        return text == "true"
    if wanted in (int, float):
        try:
            return wanted(text)
        except ValueError:
            raise ValueError(f"{text!r} is no {KINDS[wanted]}") from None
    return checked(wanted, text)


def moment(value: Any) -> datetime:
    """A moment whose zone is said; one without could mean any hour of a day."""
    try:
        found = value if isinstance(value, datetime) else datetime.fromisoformat(value)
    except (TypeError, ValueError):
        raise ValueError(f"{value!r} is no {KINDS[datetime]}") from None
    if found.utcoffset() is None:
        raise ValueError(f"{value} has no zone; write {found.isoformat()}Z for UTC")
    return found


def plain(value: Any) -> Any:
    """As JSON and journals keep it."""
    return value.isoformat() if isinstance(value, datetime) else value
