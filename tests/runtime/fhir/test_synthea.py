"""Synthea's transactions go in and come back equal."""

from __future__ import annotations

import gzip
from pathlib import Path

import pytest

from tests.runtime.fhir.conftest import ClientFactory
from tests.runtime.fhir.test_bundles import check_read_back
from tests.shared_data import shared


def _files() -> list[Path]:
    return [path for path in sorted(shared("synthea").glob("*.json.gz")) if not path.name.startswith("group")]


def test_three_synthea_bundles(fhir_factory: ClientFactory) -> None:
    client = fhir_factory()
    for path in sorted(_files(), key=lambda path: path.stat().st_size)[:3]:
        check_read_back(client, gzip.decompress(path.read_bytes()))


@pytest.mark.proof
def test_every_synthea_bundle(fhir_factory: ClientFactory) -> None:
    client = fhir_factory()
    for path in _files():
        check_read_back(client, gzip.decompress(path.read_bytes()))
