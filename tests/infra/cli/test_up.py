from __future__ import annotations

import threading
from pathlib import Path

import pytest

from infra.cli import up
from infra.cli.errors import EngineFailed, StackBusy
from infra.cli.places import STACKS, Stack, stacks
from infra.cli.stack_lock import held
from tests.infra.cli.fake_pulumi import FakePulumi, fails

PAIRS = (
    ("us-cell", "us-cell-2"),
    ("us-tenant-lakeside", "us-tenant-lakeside-2"),
    ("us-tenant-riverside", "us-tenant-riverside-2"),
)


@pytest.fixture(scope="module")
def us() -> list[Stack]:
    return stacks("us", STACKS)


def test_a_second_site_is_touched_when_the_first_is_done_however_many_go_at_a_time(
    us: list[Stack], tmp_path: Path
) -> None:
    pulumi = FakePulumi(home=tmp_path)
    results = up.bring_up(pulumi, us, parallel=8)
    assert [each.stack for each in results] == [each.name for each in us]
    for first, second in PAIRS:
        assert pulumi.commands.index(("up", first)) < pulumi.commands.index(("stack init", second))


def test_stacks_of_one_turn_read_nothing_of_each_other(us: list[Stack]) -> None:
    turns = {stack.name: stack.turn for stack in us}
    for first, second in PAIRS:
        assert turns[first] < turns[second]
    assert turns["us-tenant-lakeside"] == turns["us-tenant-riverside"]
    assert turns["us-cell-2"] < turns["us-tenant-lakeside"]
    assert [stack.turn for stack in us] == sorted(stack.turn for stack in us)


def test_what_reads_a_stack_that_failed_is_left_alone(us: list[Stack], tmp_path: Path) -> None:
    pulumi = FakePulumi(home=tmp_path, result=fails("us-cell"))
    with pytest.raises(EngineFailed, match="us-cell"):
        up.bring_up(pulumi, us, parallel=4)
    assert "us-cell-2" not in {stack for _, stack in pulumi.commands}


def test_a_stack_that_another_command_has_is_left_alone(us: list[Stack], tmp_path: Path) -> None:
    pulumi = FakePulumi(home=tmp_path)
    with (
        held(tmp_path, "us-cell", "fleet up"),
        pytest.raises(StackBusy, match=r"us-cell is busy: process \d+ \(fleet up\)"),
    ):
        up.preview(pulumi, us, parallel=2)
    assert "us-cell" not in {stack for _, stack in pulumi.commands}


def test_who_only_waits_leaves_when_the_command_does() -> None:
    left = threading.Event()
    with pytest.raises(KeyboardInterrupt), up.leaving(left):
        raise KeyboardInterrupt
    assert left.is_set()
