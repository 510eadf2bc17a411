"""`up` of a tenant that is leaving: said while it can be taken back, refused when keys have gone."""

from __future__ import annotations

import shlex
from dataclasses import replace
from pathlib import Path

import pytest

from infra.cli import fleet_tenant, offboard_guard, offboard_state, rehearsal, up
from infra.cli.fleet_tenant import FleetOptions
from infra.cli.offboard_guard import Leaving
from infra.cli.offboard_state import OffboardState, StackState
from infra.cli.places import STACKS, Stack, pick, stacks
from infra.cli.progress import Progress
from tests.infra.cli.fake_pulumi import FakePulumi

NAME = "us-tenant-lakeside"


@pytest.fixture(scope="module")
def stack() -> Stack:
    return pick(stacks("us", STACKS), [NAME])[0]


@pytest.fixture
def pulumi(tmp_path: Path) -> FakePulumi:
    return FakePulumi(home=tmp_path, states={NAME: []})


def leaving(pulumi: FakePulumi, freezing: str = "", shredding: str = "") -> OffboardState:
    label = offboard_state.label("us", pulumi.rehearsing)
    path = offboard_state.path(pulumi.home, label, "lakeside")
    stack = StackState(NAME, "us-cell", freezing=freezing, shredding=shredding)
    state = OffboardState(path, "us", "lakeside", "/out dir", [stack])
    state.rehearsed = pulumi.rehearsing
    state.save()
    return state


def bring_up(pulumi: FakePulumi, stack: Stack, how: str) -> None:
    if how == "up":
        up.bring_up(pulumi, [stack], parallel=1)
    else:
        fleet_tenant.up(pulumi, stack, True, FleetOptions(), Progress())


@pytest.mark.parametrize("how", ["up", "fleet up"])
def test_once_a_key_is_given_up_it_is_refused_in_a_sentence_with_the_command(
    pulumi: FakePulumi, stack: Stack, how: str
) -> None:
    leaving(pulumi, freezing="1", shredding="3")
    with pytest.raises(Leaving) as refused:
        bring_up(pulumi, stack, how)
    said = str(refused.value)
    assert said.startswith(f"{NAME}: its off-boarding has begun to destroy its keys") and "\n" not in said
    assert said.endswith("tenant offboard lakeside --place us --out '/out dir' --recipient-key PEM")
    assert pulumi.commands == [] and refused.value.code == 2


@pytest.mark.parametrize("how", ["up", "fleet up"])
def test_before_that_it_is_said_and_gone_on_with(
    pulumi: FakePulumi, stack: Stack, how: str, capsys: pytest.CaptureFixture[str]
) -> None:
    leaving(pulumi, freezing="1")
    bring_up(pulumi, stack, how)
    said = capsys.readouterr().err
    assert "opens it for writing" in said and "tenant offboard lakeside --place us" in said
    assert ("up", NAME) in pulumi.commands


def test_a_preview_changes_nothing_and_needs_no_word(
    pulumi: FakePulumi, stack: Stack, capsys: pytest.CaptureFixture[str]
) -> None:
    leaving(pulumi, shredding="3")
    up.preview(pulumi, [stack], parallel=1)
    assert "off-boarding" not in capsys.readouterr().err


def test_what_never_began_has_ended_or_is_another_placement_s_is_none_of_it(
    pulumi: FakePulumi, stack: Stack, capsys: pytest.CaptureFixture[str]
) -> None:
    offboard_guard.check(pulumi, stack, Progress())
    state = leaving(pulumi)
    offboard_guard.check(pulumi, stack, Progress())
    state.stacks[0].shredding, state.removed = "3", "9"
    state.save()
    offboard_guard.check(pulumi, stack, Progress())
    state.stacks[0].name, state.removed = f"{NAME}-next", ""
    state.save()
    offboard_guard.check(pulumi, stack, Progress())
    assert capsys.readouterr().err == ""


def test_a_rehearsal_is_nothing_to_the_cloud_and_is_finished_as_one(pulumi: FakePulumi, stack: Stack) -> None:
    rehearsing = replace(pulumi, root=rehearsal.prepare("us", pulumi.home))
    assert rehearsing.rehearsing and not pulumi.rehearsing
    leaving(rehearsing, shredding="3")
    offboard_guard.check(pulumi, stack, Progress())
    with pytest.raises(Leaving, match="--place us --rehearse --out"):
        offboard_guard.check(rehearsing, stack, Progress())


def test_without_an_export_the_reason_is_given_again(pulumi: FakePulumi) -> None:
    state = leaving(pulumi)
    state.export = {"none": "it's a test"}
    words = shlex.split(offboard_guard.command(state))
    assert words[-3:] == ["--no-export", "--reason", "it's a test"]
