"""How Terraform's Google provider and Pulumi's gcp package call the same things."""

from __future__ import annotations

import gzip
import json
import re
from collections.abc import Mapping
from functools import cache
from pathlib import Path
from typing import Any

FILE = Path(__file__).parent / "names.json.gz"
"""Derived by `policies.terraform.derive`; facts about names and shapes only."""

_UNDERSCORE = re.compile(r"_([a-z0-9])")


@cache
def camel(name: str) -> str:
    return _UNDERSCORE.sub(lambda found: found[1].upper(), name)


@cache
def table() -> Mapping[str, Any]:
    names: Mapping[str, Any] = json.loads(gzip.decompress(FILE.read_bytes()))
    return names


def token(type: str) -> str | None:
    """Pulumi's type of a Terraform type (`google-beta` has the same names), or None."""
    known = table().get(type)
    return str(known["token"]) if known else None


def translated(type: str, values: Mapping[str, Any]) -> dict[str, Any]:
    """A resource's values by Pulumi's names: blocks of at most one item are objects."""
    return _translated(values, table()[type].get("fields", {}))


def _translated(values: Mapping[str, Any], fields: Mapping[str, Any]) -> dict[str, Any]:
    return dict(_field(name, value, fields.get(name, {})) for name, value in values.items())


def _field(name: str, value: Any, about: Mapping[str, Any]) -> tuple[str, Any]:
    inner = about.get("fields", {})
    if isinstance(value, list):
        items = [_translated(item, inner) if isinstance(item, Mapping) else item for item in value]
        if about.get("one"):
            return about.get("name", camel(name)), items[0] if items else None
        return about.get("name", camel(name)), items
    return about.get("name", camel(name)), value
