from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest

from infra.cli import live, up
from infra.cli.places import Stack, stacks
from infra.errors import ConfigError, InfraError
from tests.infra.cli.fake_pulumi import FakePulumi
from tests.infra.cli.place import committed, edited, second_cell
from tests.infra.cli.states import exported, reference, resource
from tests.infra.cli.test_recovery import Recorded

LIVE = {"placement": "pooled", "project": "careplane-cell", "locations": ["europe-west3"]}


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    second_cell(committed(tmp_path))
    return tmp_path


def state(**more: Any) -> dict[str, Any]:
    return exported(
        resource("gcp:pubsub/topic:Topic", "fhir"),
        reference("local-cell", {"site": "frankfurt"}),
        reference("local-tenant-lakeside-2", {"tenant": "lakeside"}),
        outputs={**LIVE, **more},
    )


def lakeside(folder: Path) -> Stack:
    return next(each for each in stacks("local", folder) if each.name == "local-tenant-lakeside")


def test_a_live_tenant_that_stays_is_let_through(folder: Path) -> None:
    live.check(lakeside(folder), state())
    assert live.lives(state())["careplane:cellStack"] == "local-cell"


def test_another_placement_points_to_tenant_move(folder: Path) -> None:
    edited(
        folder, "local-tenant-lakeside", careplane__placement="dedicated", gcp__project="careplane-lakeside"
    )
    edited(folder, "local-cell", careplane__dedicatedTenants=["riverside", "lakeside"])
    with pytest.raises(ConfigError) as caught:
        live.check(lakeside(folder), state())
    assert caught.value.key == "Pulumi.local-tenant-lakeside.yaml: careplane:placement"
    assert caught.value.given == "dedicated"
    assert "tenant move lakeside --to-placement dedicated`" in str(caught.value)


def test_another_cell_points_to_tenant_move(folder: Path) -> None:
    edited(
        folder,
        "local-tenant-lakeside",
        careplane__cellStack="local-cell-2",
        gcp__project="careplane2-cell",
        gcp__region="europe-west4",
    )
    with pytest.raises(
        ConfigError, match=r"cellStack: 'local-cell-2'.*tenant move lakeside --to-cell local-cell-2"
    ):
        live.check(lakeside(folder), state())


@pytest.mark.parametrize("changed", [{"project": "elsewhere"}, {"locations": ["europe-west1"]}])
def test_another_project_or_region(folder: Path, changed: dict[str, Any]) -> None:
    with pytest.raises(ConfigError, match="which the live tenant has"):
        live.check(lakeside(folder), state(**changed))


def test_a_tenant_that_is_not_up_may_still_change(folder: Path) -> None:
    live.check(lakeside(folder), exported(outputs={**LIVE, "placement": "dedicated"}))
    live.check(lakeside(folder), {"deployment": {}})


def test_the_engine_is_not_started(folder: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("PULUMI_BACKEND_URL", tmp_path.as_uri())
    pulumi = Known(home=tmp_path, state=state(placement="dedicated"))
    with pytest.raises(ConfigError, match="tenant move"):
        up.preview(pulumi, [lakeside(folder)], 1)
    assert not {command[0] for command in pulumi.commands} & {"preview", "up"}
    pulumi.state.update(state())
    up.preview(pulumi, [lakeside(folder)], 1)
    assert pulumi.commands[-1][0] == "preview"


@dataclass(frozen=True)
class Checkout(FakePulumi):
    """An engine that knows what lives, over stack files of a test."""

    folder: Path = Path()

    @property
    def stacks(self) -> Path:
        return self.folder

    def export(self, stack: str) -> dict[str, Any]:
        return state() if stack == "local-tenant-lakeside" else {"deployment": {}}


def checkout(folder: Path, *known: str) -> Checkout:
    return Checkout(home=folder, folder=folder, states={name: [] for name in known})


MOVE = r"put it back, and plan the migration with `python -m infra tenant move lakeside "
BY_HAND: dict[str, tuple[dict[str, Any], str]] = {
    "not in the cell's list": ({"careplane__placement": "dedicated"}, "--to-placement dedicated`"),
    "another cell, in the old one's project": (
        {"careplane__cellStack": "local-cell-2"},
        "--to-cell local-cell-2`",
    ),
    "a cell that is not there": ({"careplane__cellStack": "local-cell-9"}, "--to-cell local-cell-9`"),
    "both": (
        {"careplane__cellStack": "local-cell-2", "careplane__placement": "dedicated"},
        "--to-cell local-cell-2 --to-placement dedicated`",
    ),
    "no placement at all": ({"careplane__placement": "floating"}, "--to-placement floating`"),
    "another project": ({"gcp__project": "careplane2-cell"}, "--to-cell STACK`"),
    "a region outside the jurisdiction": ({"gcp__region": "us-east1"}, "--to-cell STACK`"),
}


@pytest.mark.parametrize("case", BY_HAND)
def test_a_file_changed_by_hand_that_breaks_the_place_points_to_tenant_move_all_the_same(
    folder: Path, case: str
) -> None:
    changes, options = BY_HAND[case]
    edited(folder, "local-tenant-lakeside", **changes)
    with pytest.raises(ConfigError, match=MOVE + options):
        live.of_place(checkout(folder, "local-tenant-lakeside"), "local")


@pytest.mark.parametrize("case", BY_HAND)
def test_of_a_tenant_that_is_not_up_the_files_own_error_is_said(folder: Path, case: str) -> None:
    edited(folder, "local-tenant-lakeside", **BY_HAND[case][0])
    with pytest.raises(InfraError, match=r"^Pulumi.local-tenant-lakeside.yaml: ") as caught:
        live.of_place(checkout(folder), "local")
    assert "tenant move" not in str(caught.value)


def test_without_an_engine_too(folder: Path, monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    class Absent(Checkout):
        def known(self) -> set[str]:
            raise FileNotFoundError("pulumi")

    edited(folder, "local-tenant-lakeside", careplane__placement="dedicated")
    with pytest.raises(ConfigError, match="dedicatedTenants"):
        live.of_place(Absent(home=tmp_path, folder=folder), "local")


def test_an_error_about_another_file_is_no_matter_of_the_tenants_that_stay(folder: Path) -> None:
    edited(folder, "local-cell", careplane__site="eemshaven")
    with pytest.raises(ConfigError, match=r"^Pulumi.local-cell-2.yaml: careplane:site"):
        live.of_place(checkout(folder, "local-tenant-lakeside"), "local")


def test_a_tenant_of_another_place_is_moved_with_its_place_named(tmp_path: Path) -> None:
    pulumi = FakePulumi(home=tmp_path)
    second = next(each for each in live.of_place(pulumi, "us") if each.name == "us-tenant-lakeside-2")
    found = exported(resource("gcp:pubsub/topic:Topic", "fhir"), outputs={"placement": "dedicated"})
    with pytest.raises(ConfigError, match=r"tenant move lakeside --place us --to-placement pooled`"):
        live.check(second, found)


class Known(Recorded):
    def known(self) -> set[str]:
        return {"local-tenant-lakeside"}
