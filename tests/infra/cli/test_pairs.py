from __future__ import annotations

import shutil
from pathlib import Path
from typing import Any

import pytest

from infra.cli.places import STACKS, stacks
from infra.errors import ConfigError, ResidencyError
from tests.infra.cli.place import edited

CELL, TENANT = "us-cell-2", "us-tenant-riverside-2"


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    for path in STACKS.glob("Pulumi.us-*.yaml"):
        shutil.copy(path, tmp_path)
    return tmp_path


def refused(folder: Path) -> str:
    with pytest.raises((ConfigError, ResidencyError)) as caught:
        stacks("us", folder)
    return str(caught.value)


def test_the_place_that_ships_agrees(folder: Path) -> None:
    assert len(stacks("us", folder)) == len(list(folder.iterdir()))


@pytest.mark.parametrize(
    ("stack", "changes", "says"),
    [
        (CELL, {"careplane__pairedCell": "us-cell-3"}, "careplane:pairedCell: 'us-cell-3'"),
        (CELL, {"careplane__pairedCell": CELL}, "allowed: us-cell"),
        (
            CELL,
            {"careplane__pairedSite": "ohio"},
            "careplane:pairedSite: 'ohio' is not allowed; allowed: iowa",
        ),
        (CELL, {"careplane__pairedRegion": "us-west1"}, "careplane:pairedRegion: 'us-west1'"),
        ("us-cell", {"careplane__recoverable": None}, "Pulumi.us-cell.yaml: careplane:recoverable: 'false'"),
        (
            "us-cell",
            {"careplane__pairedRegion": "us-west1"},
            "us-cell.yaml: careplane:pairedRegion: 'us-west1'",
        ),
        (CELL, {"careplane__subnet": "10.10.8.0/24"}, "addresses outside 10.10.0.0/20"),
        (CELL, {"careplane__subnet": None}, "addresses outside 10.10.0.0/20"),
        (CELL, {"careplane__publishes": "false"}, "the second writes the zone"),
        ("us-cell", {"careplane__publishes": None}, "Pulumi.us-cell.yaml: careplane:publishes"),
        (CELL, {"careplane__domain": "ehr.example.org"}, "careplane:domain: 'ehr.example.org'"),
        (CELL, {"careplane__dedicatedTenants": ["riverside", "hillside"]}, "hillside"),
        (
            "us-tenant-riverside",
            {"careplane__recoverable": None},
            "Pulumi.us-tenant-riverside.yaml: careplane:rec",
        ),
        (
            "us-tenant-riverside",
            {"careplane__pairedRegion": "us-west1"},
            "careplane:pairedRegion: 'us-west1'",
        ),
        (TENANT, {"careplane__pairedRegion": "us-west1"}, f"Pulumi.{TENANT}.yaml: careplane:pairedRegion"),
        (
            TENANT,
            {"careplane__placement": "pooled", "gcp__project": "careplane-us-cell"},
            "careplane:placement: 'pooled' is not allowed; allowed: dedicated",
        ),
    ],
)
def test_a_pair_that_disagrees_is_named_with_file_and_key(
    folder: Path, stack: str, changes: dict[str, Any], says: str
) -> None:
    edited(folder, stack, **changes)
    assert says in refused(folder)


def test_a_second_site_of_a_cell_in_another_project(folder: Path) -> None:
    for stack in (CELL, "us-tenant-lakeside-2"):
        edited(folder, stack, gcp__project="careplane-us-east")
    assert "gcp:project: 'careplane-us-east'" in refused(folder)


def test_a_second_site_whose_first_has_no_file(folder: Path) -> None:
    (folder / "Pulumi.us-tenant-riverside.yaml").unlink()
    assert f"Pulumi.{TENANT}.yaml: careplane:recoversFrom" in refused(folder)


def test_a_second_site_in_the_first_sites_cell(folder: Path) -> None:
    edited(folder, TENANT, careplane__cellStack="us-cell", careplane__tenant="riverside")
    assert "us-tenant-riverside" in refused(folder)
