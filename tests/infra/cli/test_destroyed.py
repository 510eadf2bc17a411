from __future__ import annotations

from pathlib import Path

from infra.cli import destroyed
from infra.cli.destroyed import Destroyed
from infra.cli.survivors import Survivor

RING, BUCKET = Survivor("ring", "r", "kept"), Survivor("bucket", "b", "locked")


def test_what_an_interrupted_run_knew_and_what_the_next_one_finds(tmp_path: Path) -> None:
    destroyed.begin(tmp_path, "s", [RING])
    assert destroyed.load(tmp_path, "s") == Destroyed("", [RING])
    destroyed.begin(tmp_path, "s", [BUCKET, RING])
    destroyed.end(tmp_path, "s", "2026-11-25")
    assert destroyed.load(tmp_path, "s") == Destroyed("2026-11-25", [BUCKET, RING])


def test_a_stack_that_was_made_anew_begins_anew(tmp_path: Path) -> None:
    destroyed.begin(tmp_path, "s", [RING])
    destroyed.end(tmp_path, "s", "2026-11-25")
    destroyed.begin(tmp_path, "s", [BUCKET])
    assert destroyed.load(tmp_path, "s") == Destroyed("", [BUCKET])


def test_another_stack(tmp_path: Path) -> None:
    destroyed.begin(tmp_path, "s", [RING])
    assert destroyed.load(tmp_path, "t") is None
