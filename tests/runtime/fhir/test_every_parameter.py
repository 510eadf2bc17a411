"""Every search parameter of every type can be asked with anything, and is never a server error."""

from __future__ import annotations

import zlib
from urllib.parse import quote

import pytest

from runtime.fhir.definitions.table import resource_types, search_params
from runtime.fhir.search.query import MODIFIERS
from tests.runtime.fhir.conftest import ClientFactory

VALUES = (
    "x",
    "2024",
    "ge2024-05",
    "5.4|http://u|kg",
    "a|b|c|d",
    "Patient/1",
    "\\",
    ",",
    "%",
    "-",
    "9" * 40,
    "0001",
    "9999-12-31",
    "ap2024",
    "ne5",
    "é😀",
    "1e999",
    "-Infinity",
    "NaN",
    "|",
    "||",
    "true",
    "a\\,b",
    "gt9999",
    "le0001-01-01",
)


def test_parameter_keys_are_distinct() -> None:
    params = [param for name in resource_types() for param in search_params(name).values()]
    assert len({param.key for param in params}) == len(params)
    assert all(-(2**31) <= param.key < 2**31 for param in params)


def test_one_search_by_every_parameter_of_every_type(fhir_factory: ClientFactory) -> None:
    client = fhir_factory(strict_search=True)
    for name in sorted(resource_types()):
        for code, param in search_params(name).items():
            value = VALUES[zlib.crc32(f"{name}{code}".encode()) % len(VALUES)]
            answer = client.send("GET", f"{name}?{code}={quote(value)}")
            assert answer.status in (200, 400), (name, param, value, answer.body)


@pytest.mark.parametrize("kind", sorted(MODIFIERS))
def test_odd_values_for_every_kind_and_modifier(fhir_factory: ClientFactory, kind: str) -> None:
    client = fhir_factory(strict_search=True)
    params = (p for name in sorted(resource_types()) for p in search_params(name).values())
    param = next(p for p in params if p.kind == kind)
    for code in (param.code, *(f"{param.code}:{modifier}" for modifier in MODIFIERS[kind])):
        for value in VALUES:
            asked = f"{param.type}?{code}={quote(value)}&_sort=-_lastUpdated&_total=accurate"
            answer = client.send("GET", asked)
            assert answer.status in (200, 400), (code, value, answer.body)
            client.send("GET", f"{param.type}?_lastUpdated={quote(value)}")
