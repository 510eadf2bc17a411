"""Changes to a stored body: field masks, merge patches and replacements."""

from __future__ import annotations

import re
from typing import Any

from localcloud.api import Json


def camel(path: str) -> str:
    """`rate_limit_options.count` as `rateLimitOptions.count`."""
    return re.sub(r"_([a-z0-9])", lambda m: m[1].upper(), path)


def masked(old: Json, new: Json, mask: str) -> Json:
    """Only what the mask names, cleared where `new` lacks it; `*` names every field given."""
    out = dict(old)
    for path in (camel(part.strip()) for part in mask.split(",") if part.strip()):
        if path == "*":
            out.update(new)
        else:
            _assign(out, new, path.split("."))
    return out


def _assign(out: Json, new: Any, path: list[str]) -> None:
    head = path[0]
    given = new.get(head) if isinstance(new, dict) else None
    if len(path) == 1:
        if given is None:
            out.pop(head, None)
        else:
            out[head] = given
        return
    inner = dict(out.get(head) or {})
    _assign(inner, given, path[1:])
    out[head] = inner


def merged(old: Json, new: Json) -> Json:
    """A merge patch (RFC 7396): null removes, objects merge, all else replaces."""
    out = dict(old)
    for key, value in new.items():
        if value is None:
            out.pop(key, None)
        elif isinstance(value, dict) and isinstance(out.get(key), dict):
            out[key] = merged(out[key], value)
        else:
            out[key] = value
    return out
