from __future__ import annotations

import json

import pytest

from infra.cli.identities import identity
from tests.shared_data import shared


def test_identifiers_are_the_official_providers() -> None:
    state = json.loads(shared("gcp/official-provider/state.json").read_text())
    known = 0
    for resource in state["deployment"]["resources"]:
        inputs = {**resource.get("outputs", {}), **resource.get("inputs", {})}
        found = identity(resource["type"], inputs)
        if found is not None:
            known += 1
            assert found == resource["id"], resource["type"]
    assert known > 20


@pytest.mark.parametrize("inputs", [{}, {"name": "x"}, {"name": None, "keyRing": "r"}])
def test_a_missing_input_gives_no_identifier(inputs: dict[str, str]) -> None:
    assert identity("gcp:kms/cryptoKey:CryptoKey", inputs) is None


def test_what_the_server_names_has_none() -> None:
    assert identity("gcp:organizations/folder:Folder", {"displayName": "x"}) is None
