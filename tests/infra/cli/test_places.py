from __future__ import annotations

import shutil
from pathlib import Path

import pytest

from infra.cli.places import pick, stacks
from infra.errors import ConfigError
from tests.infra.cli.place import committed, edited, paired_cell, second_cell


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    return committed(tmp_path)


def edit(path: Path, old: str, new: str) -> None:
    text = path.read_text()
    assert old in text
    path.write_text(text.replace(old, new))


def test_order_is_organisation_foundation_cell_tenants() -> None:
    assert [stack.name for stack in stacks("local")] == [
        "local-organization",
        "local-foundation",
        "local-cell",
        "local-tenant-lakeside",
        "local-tenant-riverside",
    ]


def test_two_tenants_with_one_name(folder: Path) -> None:
    pair = {"careplane__recoversFrom": "local-tenant-lakeside", "careplane__pairedRegion": "europe-west4"}
    edited(folder, "local-tenant-lakeside", "local-tenant-lakeside-2", **pair)
    with pytest.raises(ConfigError) as caught:
        stacks("local", folder)
    assert caught.value.given == "lakeside"
    assert "local-tenant-lakeside" in str(caught.value)


def test_a_second_file_with_the_same_tenant_is_named(folder: Path) -> None:
    shutil.copy(folder / "Pulumi.local-tenant-lakeside.yaml", folder / "Pulumi.local-tenant-hillside.yaml")
    with pytest.raises(ConfigError, match=r"Pulumi\.local-tenant-hillside\.yaml: careplane:tenant"):
        stacks("local", folder)


def test_dedicated_tenant_that_the_cell_does_not_list(folder: Path) -> None:
    edit(folder / "Pulumi.local-cell.yaml", "    - riverside", "    - hillside")
    with pytest.raises(ConfigError, match="dedicatedTenants"):
        stacks("local", folder)


def test_pooled_tenant_in_a_project_that_is_not_the_cells(folder: Path) -> None:
    edit(
        folder / "Pulumi.local-tenant-lakeside.yaml", "gcp:project: careplane-cell", "gcp:project: elsewhere"
    )
    with pytest.raises(ConfigError, match="gcp:project"):
        stacks("local", folder)


def test_tenant_of_an_unknown_cell(folder: Path) -> None:
    edit(folder / "Pulumi.local-tenant-lakeside.yaml", "cellStack: local-cell", "cellStack: moon")
    with pytest.raises(ConfigError, match=r"allowed: local-cell"):
        stacks("local", folder)


@pytest.mark.parametrize(
    ("changes", "key"),
    [
        ({"careplane__site": "frankfurt"}, "careplane:site: 'frankfurt'"),
        ({"gcp__project": "careplane-cell"}, "gcp:project: 'careplane-cell'"),
    ],
)
def test_two_writers_of_one_perimeter_or_project(folder: Path, changes: dict[str, str], key: str) -> None:
    second_cell(folder)
    assert len(stacks("local", folder)) == 6
    second_cell(folder, **changes)
    with pytest.raises(ConfigError, match=f"local-cell-2.yaml: {key} .* that local-cell does not write"):
        stacks("local", folder)


def test_a_paired_second_site_shares_the_projects(folder: Path) -> None:
    paired_cell(folder)
    assert len(stacks("local", folder)) == 6
    paired_cell(folder, careplane__site="frankfurt")
    with pytest.raises(ConfigError, match="careplane:site: 'frankfurt'"):
        stacks("local", folder)


def test_errors_name_the_file(folder: Path) -> None:
    edit(folder / "Pulumi.local-cell.yaml", "profile: saas", "profile: gratis")
    with pytest.raises(ConfigError, match=r"Pulumi\.local-cell\.yaml: careplane:profile"):
        stacks("local", folder)


def test_place_without_files_lists_the_places(folder: Path) -> None:
    with pytest.raises(ConfigError, match="allowed: local"):
        stacks("moon", folder)


def test_picking_keeps_the_order_and_refuses_the_unknown() -> None:
    every = stacks("local")
    assert [each.name for each in pick(every, ["local-cell", "local-organization"])] == [
        "local-organization",
        "local-cell",
    ]
    with pytest.raises(ConfigError, match="--stack"):
        pick(every, ["local-moon"])
