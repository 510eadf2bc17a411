"""What the room's README says is there."""

from __future__ import annotations

import re
import shlex
from pathlib import Path

import pytest

from runbooks.cli.main import parser
from tests.runbooks.packs import pack

ROOT = Path(__file__).resolve().parents[2]
TEXT = (ROOT / "runbooks" / "README.md").read_text()
COMMANDS = re.findall(r"^    python -m runbooks (.*)$", TEXT, re.MULTILINE)


@pytest.mark.parametrize("command", COMMANDS)
def test_the_command_can_be_given(command: str) -> None:
    parser().parse_args(shlex.split(command))


def test_every_command_is_shown() -> None:
    shown = {shlex.split(command)[0] for command in COMMANDS}
    assert shown == {"list", "show", "drill", "resume", "verify", "report", "compare", "schedule"}


@pytest.mark.parametrize("path", re.findall(r"`(runbooks/[\w./]+)`", TEXT))
def test_the_file_is_there(path: str) -> None:
    assert (ROOT / path).exists()


def test_every_file_of_a_pack_is_named(tmp_path: Path) -> None:
    assert all(f"`{path.name}`" in TEXT for path in pack(tmp_path).iterdir())
