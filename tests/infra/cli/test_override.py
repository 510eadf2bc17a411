from __future__ import annotations

from pathlib import Path

import pytest
import yaml

from infra.cli.errors import EngineFailed
from infra.cli.events import Outcome
from infra.cli.override import apply, overridden, preview
from infra.cli.places import STACKS, Stack, stacks
from infra.cli.progress import Progress
from tests.infra.cli.fake_pulumi import FakePulumi, fails

STACK = "local-tenant-lakeside"


@pytest.fixture
def stack() -> Stack:
    return next(each for each in stacks("local", STACKS) if each.name == STACK)


def test_keys_are_set_and_taken_out_in_a_copy_and_the_rest_is_the_same(tmp_path: Path, stack: Stack) -> None:
    given = yaml.safe_load(stack.path.read_text())
    flag, path = overridden(FakePulumi(tmp_path), stack, "frozen", {"a:b": "c", "careplane:profile": None})
    found = yaml.safe_load(Path(path).read_text())
    assert flag == "--config-file" and Path(path).name == f"Pulumi.{STACK}.frozen.yaml"
    assert found["config"].pop("a:b") == "c" and "careplane:profile" not in found["config"]
    del given["config"]["careplane:profile"]
    assert found == given


def test_a_failing_policy_stops_it_before_the_update(tmp_path: Path, stack: Stack) -> None:
    pulumi = FakePulumi(tmp_path, result=fails(STACK, verb="preview"))
    with pytest.raises(EngineFailed):
        apply(pulumi, stack, Progress())
    assert pulumi.touched("up") == []


def test_whether_there_is_anything_to_change(tmp_path: Path, stack: Stack) -> None:
    assert preview(FakePulumi(tmp_path), stack, Progress())
    same = FakePulumi(tmp_path, result=lambda verb, name: Outcome(changes={"same": 3}))
    assert not preview(same, stack, Progress())
