"""References: reading, collecting and rewriting them (https://hl7.org/fhir/R4/references.html)."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from typing import Any, NamedTuple

from runtime.fhir.definitions.table import resource_types

ID = re.compile(r"[A-Za-z0-9\-.]{1,64}")
_LOCAL = re.compile(r"([A-Z][A-Za-z]+)/([A-Za-z0-9\-.]{1,64})(/_history/[A-Za-z0-9\-.]{1,64})?")
_REWRITTEN = ("reference", "url")


class Target(NamedTuple):
    type: str
    id: str


def local_target(reference: str, base_url: str = "") -> Target | None:
    """What a relative reference, or an absolute one under this store's base, points to; else None."""
    if base_url and reference.startswith(base_url + "/"):
        reference = reference[len(base_url) + 1 :]
    match = _LOCAL.fullmatch(reference)
    if match is None or match[1] not in resource_types():
        return None
    return Target(match[1], match[2])


def collect(value: Any) -> Iterator[str]:
    """Every `reference` string inside a resource."""
    stack = [value]
    while stack:
        item = stack.pop()
        if type(item) is dict:
            for key, inner in item.items():
                if key == "reference" and type(inner) is str:
                    yield inner
                elif type(inner) is dict or type(inner) is list:
                    stack.append(inner)
        else:
            stack.extend(inner for inner in item if type(inner) is dict or type(inner) is list)


def rewrite(value: Any, changes: Mapping[str, str]) -> Any:
    """The value with its references replaced; parts that do not change are shared with the original."""
    if type(value) is dict:
        copy = None
        for key, inner in value.items():
            new = inner
            if type(inner) is str:
                if key in _REWRITTEN:
                    new = changes.get(inner, inner)
            elif type(inner) is dict or type(inner) is list:
                new = rewrite(inner, changes)
            if new is not inner:
                copy = copy or dict(value)
                copy[key] = new
        return copy or value
    if type(value) is list:
        items = [rewrite(inner, changes) if type(inner) in (dict, list) else inner for inner in value]
        return value if all(a is b for a, b in zip(items, value, strict=True)) else items
    return value
