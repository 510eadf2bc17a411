"""Every room's README has examples, and each declares what its inventory says."""

from __future__ import annotations

from pathlib import Path

import pytest
import yaml

from tests.infra.examples import ROOT, Example, examples, rooms

ALL = [example for room in rooms() for example in examples(room)]


@pytest.mark.parametrize("room", rooms(), ids=lambda room: room.name)
def test_room_has_a_readme_with_an_example(room: Path) -> None:
    assert examples(room), f"{room.name}/README.md has no ```python example"


@pytest.mark.parametrize("example", ALL, ids=lambda each: f"{each.room}-{each.name}")
def test_example_declares_its_inventory(example: Example) -> None:
    again = f"if that is meant: python -m tests.infra.examples infra/{example.room}"
    assert example.inventory.exists(), f"{example.inventory.relative_to(ROOT)} is missing; {again}"
    assert yaml.safe_load(example.inventory.read_text()) == example.described(), again


def test_no_inventory_is_left_over() -> None:
    kept = {example.inventory for example in ALL}
    assert not set((ROOT / "tests" / "infra").glob("*/examples/*.yaml")) - kept
