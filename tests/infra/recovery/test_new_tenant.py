"""A tenant that `tenant new --recovery` has written loads, and declares at both of its sites."""

from __future__ import annotations

import shutil
from pathlib import Path

import pytest

from infra import config, stack
from infra.cli.places import STACKS, stacks
from infra.cli.tenants import NewTenant, new
from tests.infra.engine import Declared, declare

CELLS = ("us-organization", "us-foundation", "us-cell", "us-cell-2")


@pytest.fixture(scope="module")
def place(tmp_path_factory: pytest.TempPathFactory) -> dict[str, Declared]:
    folder = tmp_path_factory.mktemp("stacks")
    for path in STACKS.glob("Pulumi.us-*.yaml"):
        shutil.copy(path, folder)
    new(NewTenant("hillside", "us-cell", "dedicated", recovery="us-cell-2"), folder)
    done: dict[str, Declared] = {}
    for each in stacks("us", folder):
        if each.name in CELLS or "hillside" in each.name:
            upstream = {name: declared.outputs for name, declared in done.items()}
            done[each.name] = _declared(each.path, each.name, upstream)
    return done


def _declared(path: Path, name: str, upstream: dict[str, dict[str, object]]) -> Declared:
    return declare(lambda: stack.build(config.load(config.FileSource(path))), name, upstream)


def test_both_sites_share_what_outlives_a_region(place: dict[str, Declared]) -> None:
    first, second = (place[f"us-tenant-hillside{end}"].outputs for end in ("", "-2"))
    for key in ("baseUrl", "bucket", "database", "placement", "secret", "serviceAccount"):
        assert first[key] == second[key], key
    for key in ("fields", "token"):
        assert first["keys"][key] == second["keys"][key]
    assert (first["site"], second["site"]) == ("iowa", "virginia")
    assert (first["active"], second["active"]) == (True, False)


def test_the_second_copies_the_first_ones_database(place: dict[str, Declared]) -> None:
    first, second = (place[f"us-tenant-hillside{end}"].outputs for end in ("", "-2"))
    instances = {
        each.inputs["name"]: each.inputs.get("masterInstanceName")
        for declared in place.values()
        for each in declared.of("DatabaseInstance")
    }
    assert instances[second["sqlInstance"]] == first["sqlInstance"]
