"""Read back equal: all but `id`, `meta` and rewritten references; decimals digit for digit."""

from __future__ import annotations

from typing import Any

import simplejson


class Digits(str):
    """A decimal as its digits."""


def parse(data: bytes) -> Any:
    return simplejson.loads(data, parse_float=Digits)


def plain(resource: Any, top: bool = True) -> Any:
    """The resource without what a store may change."""
    if isinstance(resource, dict):
        skipped = ("id", "meta") if top else ()
        return {
            k: "*" if k == "reference" and isinstance(v, str) and not v.startswith("#") else plain(v, False)
            for k, v in resource.items()
            if k not in skipped
        }
    return [plain(item, False) for item in resource] if isinstance(resource, list) else resource
