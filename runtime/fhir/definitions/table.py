"""The R4 facts the store works from: resource types and search parameters, read once from `r4.json`."""

from __future__ import annotations

import json
import zlib
from collections.abc import Mapping
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from types import MappingProxyType
from typing import Any


@dataclass(frozen=True)
class SearchParam:
    """One search parameter of one resource type; `paths` are written as `derive.py` explains."""

    type: str
    code: str
    kind: str
    paths: tuple[str, ...]

    @property
    def key(self) -> int:
        """What index rows hold in place of the name: stable, so no table of names is needed."""
        return zlib.crc32(f"{self.type}.{self.code}".encode()) - 2**31


@cache
def _facts() -> Any:
    return json.loads(Path(__file__).with_name("r4.json").read_text())


@cache
def resource_types() -> frozenset[str]:
    """Every concrete R4 resource type (https://hl7.org/fhir/R4/resourcelist.html)."""
    return frozenset(_facts()["types"])


@cache
def search_params(resource_type: str) -> Mapping[str, SearchParam]:
    """The parameters of a type by code, those of every resource included (`_tag`, `_profile`, …)."""
    table = _facts()["search"]
    rows = {**table["Resource"], **table.get("DomainResource", {}), **table.get(resource_type, {})}
    return MappingProxyType(
        {code: SearchParam(resource_type, code, kind, tuple(paths)) for code, (kind, *paths) in rows.items()}
    )


@cache
def search_codes() -> frozenset[str]:
    """The codes of all search parameters of all types."""
    return frozenset(code for table in _facts()["search"].values() for code in table)
