from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from infra.cli import live, up
from infra.cli.places import Stack, stacks
from infra.errors import ConfigError
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


class Known(Recorded):
    def known(self) -> set[str]:
        return {"local-tenant-lakeside"}
