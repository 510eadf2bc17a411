"""JSON that somebody else may have written, read strictly: one meaning for every reader."""

from __future__ import annotations

import json
from math import isfinite
from pathlib import Path
from typing import Any, NoReturn

from evidence import regular
from evidence.errors import EvidenceError


def parse(raw: bytes, name: str) -> Any:
    """The document; raises `EvidenceError` on a key given twice, NaN, Infinity and what is too deep."""
    try:
        return json.loads(raw, object_pairs_hook=_once, parse_constant=_no_number, parse_float=_finite)
    except RecursionError as error:
        raise EvidenceError(name, "is no JSON (nested too deep)") from error
    except ValueError as error:
        raise EvidenceError(name, f"is no JSON ({_why(error)})") from error


def read(path: Path, name: str = "", links: bool = True) -> Any:
    """The document in a regular file, which an error calls `name` (the path); `OSError` where it is none."""
    return parse(regular.read(path, links), name or str(path))


def _once(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    found = dict(pairs)
    if len(found) != len(pairs):
        keys = [key for key, _ in pairs]
        raise ValueError(f"{next(key for key in keys if keys.count(key) > 1)!a} is given twice")
    return found


def _no_number(text: str) -> NoReturn:
    raise ValueError(f"{text} is no number of JSON")


def _finite(text: str) -> float:
    return float(text) if isfinite(float(text)) else _no_number(text)


def _why(error: ValueError) -> str:
    return "no text in UTF-8" if isinstance(error, UnicodeError) else str(error)
