from __future__ import annotations

import shutil
from pathlib import Path

import pytest

from infra.cli.places import STACKS, stacks
from infra.cli.tenants import add
from infra.config import CellConfig, TenantConfig
from infra.errors import ConfigError


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    for path in STACKS.glob("Pulumi.*.yaml"):
        shutil.copy(path, tmp_path)
    return tmp_path


def test_pooled_tenant_is_one_file(folder: Path) -> None:
    before = (folder / "Pulumi.local-cell.yaml").read_text()
    assert add("hillside", "local-cell", "pooled", folder) == [folder / "Pulumi.local-tenant-hillside.yaml"]
    found = {stack.name: stack.config for stack in stacks("local", folder)}["local-tenant-hillside"]
    assert isinstance(found, TenantConfig)
    assert (found.placement, found.project, found.image_tag) == ("pooled", "careplane-cell", "local")
    assert (folder / "Pulumi.local-cell.yaml").read_text() == before


def test_dedicated_tenant_is_added_to_its_cells_list(folder: Path) -> None:
    add("hillside", "local-cell", "dedicated", folder)
    found = {stack.name: stack.config for stack in stacks("local", folder)}
    cell, tenant = found["local-cell"], found["local-tenant-hillside"]
    assert isinstance(cell, CellConfig) and isinstance(tenant, TenantConfig)
    assert set(cell.dedicated_tenants) == {"riverside", "hillside"}
    assert tenant.project == "careplane-hillside"
    assert (folder / "Pulumi.local-cell.yaml").read_text().startswith("# One site")


def test_new_file_carries_the_salt(folder: Path) -> None:
    path = add("hillside", "local-cell", "pooled", folder)[0]
    salt = [
        line
        for line in (folder / "Pulumi.local-cell.yaml").read_text().splitlines()
        if "encryptionsalt" in line
    ]
    assert salt[0] in path.read_text()


def test_name_that_is_taken(folder: Path) -> None:
    with pytest.raises(ConfigError, match="lakeside"):
        add("lakeside", "local-cell", "pooled", folder)


def test_name_that_is_no_label_writes_nothing(folder: Path) -> None:
    before = sorted(folder.iterdir())
    with pytest.raises(ConfigError):
        add("Hill Side", "local-cell", "pooled", folder)
    assert sorted(folder.iterdir()) == before


def test_unknown_cell_lists_the_cells(folder: Path) -> None:
    with pytest.raises(ConfigError, match="allowed: local-cell"):
        add("hillside", "local-moon", "pooled", folder)
