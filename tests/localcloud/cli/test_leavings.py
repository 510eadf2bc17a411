"""What a killed local cloud left is found by its mark, and nothing else is touched."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import pytest

from localcloud.cli import leavings
from localcloud.process import MARK

pytestmark = pytest.mark.skipif(sys.platform != "linux", reason="processes are found by /proc")


def sleeper(mark: str) -> subprocess.Popen[bytes]:
    return subprocess.Popen(["sleep", "60"], env={"PATH": "/usr/bin:/bin", MARK: mark})


def test_only_processes_of_this_home_are_ended(tmp_path: Path) -> None:
    home, other = tmp_path / "a" / "localcloud", tmp_path / "a" / "localcloud-2"
    ours = [sleeper(f"run:{home}"), sleeper(f"proxy:{home}/postgres/riverside")]
    foreign = sleeper(f"run:{other}")
    try:
        assert leavings.end(home) == 2
        assert [child.wait(5) for child in ours] == [-15, -15]
        assert foreign.poll() is None
    finally:
        for child in (*ours, foreign):
            child.kill()
            child.wait()


def test_none_is_found_where_there_is_no_proc(tmp_path: Path) -> None:
    assert leavings.find(tmp_path, tmp_path / "nowhere") == []
