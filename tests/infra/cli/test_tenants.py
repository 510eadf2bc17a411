from __future__ import annotations

from pathlib import Path

import pytest

from infra.cli import destroyed, offboard_state
from infra.cli.gone_names import NameGone
from infra.cli.offboard_state import OffboardState, StackState
from infra.cli.places import stacks
from infra.cli.survivors import Survivor
from infra.cli.tenants import NewTenant, new
from infra.config import CellConfig, TenantConfig
from infra.errors import ConfigError
from tests.infra.cli.place import committed, edited, paired_cell, second_cell


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    return committed(tmp_path)


def tenant(folder: Path, stack: str) -> TenantConfig:
    found = {each.name: each.config for each in stacks("local", folder)}[stack]
    assert isinstance(found, TenantConfig)
    return found


def listed(folder: Path, stack: str) -> set[str]:
    found = {each.name: each.config for each in stacks("local", folder)}[stack]
    assert isinstance(found, CellConfig)
    return set(found.dedicated_tenants)


def text(folder: Path) -> dict[str, str]:
    return {path.name: path.read_text() for path in folder.iterdir()}


def test_pooled_tenant_is_one_file(folder: Path) -> None:
    before = (folder / "Pulumi.local-cell.yaml").read_text()
    written = new(NewTenant("hillside", "local-cell"), folder)
    assert written == [folder / "Pulumi.local-tenant-hillside.yaml"]
    found = tenant(folder, "local-tenant-hillside")
    assert (found.placement, found.project, found.image_tag) == ("pooled", "careplane-cell", "local")
    assert (folder / "Pulumi.local-cell.yaml").read_text() == before


def test_dedicated_tenant_is_added_to_its_cells_list(folder: Path) -> None:
    new(NewTenant("hillside", "local-cell", "dedicated"), folder)
    assert listed(folder, "local-cell") == {"riverside", "hillside"}
    assert tenant(folder, "local-tenant-hillside").project == "careplane-hillside"
    assert (folder / "Pulumi.local-cell.yaml").read_text().startswith("# One site")


RING = "projects/careplane-cell/locations/europe-west3/keyRings/hillside"


def left(home: Path, **done: str) -> None:
    """An off-boarding of hillside as its own commands keep it."""
    file = offboard_state.path(home, "local", "hillside")
    stack = StackState("local-tenant-hillside", "local-cell", shredding=done.pop("shredding", ""))
    OffboardState(file, "local", "hillside", "/mnt/hillside", [stack], **done).save()


def test_an_off_boarded_name_is_refused_at_once_with_its_certificate(folder: Path, tmp_path: Path) -> None:
    left(tmp_path, shredding="2026-11-20T10:00:00+00:00", certified="2026-11-20T10:05:00.000+00:00")
    said = "hillside was off-boarded 2026-11-20 .*/mnt/hillside/certificate.*key ring.* for good; take"
    with pytest.raises(NameGone, match=said):
        new(NewTenant("hillside", "local-cell"), folder, tmp_path)
    assert not (folder / "Pulumi.local-tenant-hillside.yaml").exists()
    assert new(NewTenant("hillside-b", "local-cell"), folder, tmp_path)


def test_a_name_whose_keys_are_going_is_refused_before_there_is_a_certificate(
    folder: Path, tmp_path: Path
) -> None:
    left(tmp_path, shredding="2026-11-20T10:00:00+00:00")
    with pytest.raises(NameGone, match="is being off-boarded"):
        new(NewTenant("hillside", "local-cell"), folder, tmp_path)


def test_a_destroyed_tenants_key_ring_keeps_its_name(folder: Path, tmp_path: Path) -> None:
    ring = Survivor("gcp:kms/keyRing:KeyRing", RING, "Google deletes no key ring")
    destroyed.begin(tmp_path, "local-tenant-hillside", [ring])
    destroyed.end(tmp_path, "local-tenant-hillside", "2026-11-20T10:05:00+00:00")
    with pytest.raises(NameGone, match=f"hillside was destroyed 2026-11-20, and its key ring {RING}"):
        new(NewTenant("hillside", "local-cell"), folder, tmp_path)
    assert new(NewTenant("hillside", "local-cell", "dedicated"), folder, tmp_path), "another project's ring"


def test_an_off_boarding_that_was_stopped_before_its_keys_takes_no_name(folder: Path, tmp_path: Path) -> None:
    left(tmp_path)
    assert new(NewTenant("hillside", "local-cell"), folder, tmp_path)


def test_a_list_that_is_not_there_yet_is_begun(folder: Path) -> None:
    edited(folder, "local-tenant-riverside", careplane__placement="pooled", gcp__project="careplane-cell")
    edited(folder, "local-cell", careplane__dedicatedTenants=None)
    new(NewTenant("hillside", "local-cell", "dedicated"), folder)
    assert listed(folder, "local-cell") == {"hillside"}


def test_new_file_carries_the_salt(folder: Path) -> None:
    path = new(NewTenant("hillside", "local-cell"), folder)[0]
    lines = (folder / "Pulumi.local-cell.yaml").read_text().splitlines()
    salt = [line for line in lines if "encryptionsalt" in line]
    assert salt[0] in path.read_text()


def test_recovery_writes_the_second_sites_file_standing_by(folder: Path) -> None:
    paired_cell(folder)
    written = new(NewTenant("hillside", "local-cell", "dedicated", recovery="local-cell-2"), folder)
    assert [path.name for path in written] == [
        "Pulumi.local-tenant-hillside.yaml",
        "Pulumi.local-tenant-hillside-2.yaml",
        "Pulumi.local-cell.yaml",
        "Pulumi.local-cell-2.yaml",
    ]
    first, second = (tenant(folder, f"local-tenant-hillside{end}") for end in ("", "-2"))
    assert (first.active, first.recoverable, first.recovers_from) == (True, True, None)
    assert (first.region, first.paired_region) == ("europe-west3", "europe-west4")
    assert (second.active, second.recovers_from) == (False, "local-tenant-hillside")
    assert (second.region, second.paired_region) == ("europe-west4", "europe-west3")
    assert first.project == second.project == "careplane-hillside"
    assert listed(folder, "local-cell-2") == {"riverside", "hillside"}


@pytest.mark.parametrize(
    ("changes", "message"),
    [
        (
            {
                "careplane__dedicatedTenants": [],
                "careplane__pairedCell": None,
                "gcp__project": "careplane2-cell",
            },
            "a cell whose careplane:pairedCell is local-cell: none yet",
        ),
        ({"careplane__profile": "private"}, "careplane:profile: 'private' is not allowed; allowed: saas"),
    ],
)
def test_a_recovery_cell_that_cannot_serve(folder: Path, changes: dict[str, str], message: str) -> None:
    paired_cell(folder, **changes)
    before = text(folder)
    with pytest.raises(ConfigError, match=message):
        new(NewTenant("hillside", "local-cell", "dedicated", recovery="local-cell-2"), folder)
    assert text(folder) == before


@pytest.mark.parametrize("name", ["moon-cell", "moon", "", "local", "../local-cell", "**"])
def test_a_cell_of_no_place_is_told_with_the_flag_that_named_it(folder: Path, name: str) -> None:
    with pytest.raises(ConfigError, match=r"^--cell: .* is not allowed; allowed: local-cell$"):
        new(NewTenant("hillside", name), folder)


def test_recovery_where_no_key_can_be_in_two_regions_names_the_flag(folder: Path) -> None:
    changes = {"careplane__jurisdiction": "de", "careplane__profile": "country"}
    edited(folder, "local-cell", **changes)
    paired_cell(folder, gcp__region="europe-west10", **changes)
    with pytest.raises(ConfigError, match=r"^--recovery: 'local-cell-2' is not allowed; .* country in de$"):
        new(NewTenant("hillside", "local-cell", "dedicated", recovery="local-cell-2"), folder)


def test_a_recovery_cell_that_is_not_there(folder: Path) -> None:
    with pytest.raises(ConfigError, match="--recovery: 'local-cell-2' is not allowed; allowed: local-cell"):
        new(NewTenant("hillside", "local-cell", recovery="local-cell-2"), folder)


def test_name_that_is_taken(folder: Path) -> None:
    with pytest.raises(ConfigError, match=r"NAME: .* Pulumi\.local-tenant-lakeside\.yaml does not have"):
        new(NewTenant("lakeside", "local-cell"), folder)


def test_name_that_is_taken_for_a_second_site(folder: Path) -> None:
    with pytest.raises(ConfigError, match=r"'lakeside-2' is not allowed; .* does not end in -2"):
        new(NewTenant("lakeside-2", "local-cell"), folder)


def test_name_that_is_no_label_writes_nothing(folder: Path) -> None:
    before = text(folder)
    with pytest.raises(ConfigError, match="DNS label"):
        new(NewTenant("Hill Side", "local-cell"), folder)
    assert text(folder) == before


def test_unknown_cell_lists_the_cells(folder: Path) -> None:
    with pytest.raises(ConfigError, match="--cell: 'local-moon' is not allowed; allowed: local-cell"):
        new(NewTenant("hillside", "local-moon"), folder)


def test_profile_that_the_jurisdiction_does_not_allow(folder: Path) -> None:
    with pytest.raises(ConfigError, match="a profile for jurisdiction eu of local-cell; country is for ch"):
        new(NewTenant("hillside", "local-cell", profile="country"), folder)


def test_profile_that_the_cell_does_not_serve_names_cells_that_do(folder: Path) -> None:
    second_cell(folder, careplane__profile="sovereign-eu", careplane__ekm=EKM)
    with pytest.raises(ConfigError, match=r"saas, which local-cell is built for; .*: local-cell-2"):
        new(NewTenant("hillside", "local-cell", profile="sovereign-eu"), folder)


EKM = {
    "serviceDirectory": "projects/p/locations/europe-west4/namespaces/n/services/s",
    "hostname": "kms.example.org",
    "certificate": "MIIB",
    "cryptoSpace": "v0/longlived/1",
}


def test_unknown_profile_lists_the_profiles(folder: Path) -> None:
    with pytest.raises(ConfigError, match="careplane:profile: 'gratis' is not allowed; allowed: country"):
        new(NewTenant("hillside", "local-cell", profile="gratis"), folder)


def test_placement_that_the_profile_does_not_have(folder: Path) -> None:
    edited(folder, "local-cell", careplane__profile="private")
    with pytest.raises(ConfigError, match="--placement: 'pooled' is not allowed; allowed: dedicated"):
        new(NewTenant("hillside", "local-cell", "pooled"), folder)
