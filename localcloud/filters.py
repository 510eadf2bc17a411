"""The list filters that Google's clients send: comparisons of fields, joined by AND or a space."""

from __future__ import annotations

import re
from typing import Any

from localcloud.api import ApiError, Json

_TERM = re.compile(
    r"""\(?\s*([\w.\-]+)\s*(!=|=|:|\s(?:eq|ne)\s)\s*("(?:[^"\\]|\\.)*"|'[^']*'|[^\s()]+)\s*\)?\s*"""
)


def matches(text: str, body: Json) -> bool:
    """Whether every term of the filter holds for the body; 400 for a filter that is not understood."""
    position, text = 0, text.strip()
    while position < len(text):
        term = _TERM.match(text, position)
        if term is None:
            raise ApiError(
                400, f"Invalid list filter: {text!r}; understood are field=value terms joined by AND."
            )
        if not _holds(term[1], term[2].strip(), term[3].strip("\"'"), body):
            return False
        position = term.end()
        joint = re.compile(r"(AND|and)\s+").match(text, position)
        position = joint.end() if joint else position
    return True


def _holds(path: str, operator: str, wanted: str, body: Json) -> bool:
    value: Any = body
    for part in path.split("."):
        value = value.get(part) if isinstance(value, dict) else None
    if operator == ":":
        found = (wanted == "*" and value is not None) or _text(wanted) in _text(value)
        return found or (isinstance(value, list) and wanted in value)
    same = _text(value) == _text(wanted)
    return not same if operator in ("!=", "ne") else same


def _text(value: Any) -> str:
    """Values as text; links lose host and version, so that a resource has one spelling."""
    if isinstance(value, bool):
        return str(value).lower()
    text = "" if value is None else str(value)
    return text[text.index("projects/") :] if "/projects/" in text else text
