from __future__ import annotations

import json
import os
import socket
import subprocess
import sys
from pathlib import Path

import pytest

from infra.cli.locks import stale


def lock(tmp_path: Path, pid: int, host: str = socket.gethostname()) -> str:
    path = tmp_path / ".pulumi" / "locks" / "organization" / "careplane" / "local-cell" / "1.json"
    path.parent.mkdir(parents=True)
    path.write_text(json.dumps({"pid": pid, "username": "root", "hostname": host}))
    return tmp_path.as_uri()


@pytest.fixture
def gone() -> int:
    child = subprocess.Popen([sys.executable, "-c", ""])
    child.wait()
    return child.pid


def test_lock_of_a_process_that_is_gone(tmp_path: Path, gone: int) -> None:
    assert stale("local-cell", lock(tmp_path, gone))


@pytest.mark.skipif(not Path("/proc/self/comm").exists(), reason="names of processes come from /proc")
def test_number_taken_over_by_another_program(tmp_path: Path) -> None:
    assert stale("local-cell", lock(tmp_path, os.getpid()))


def test_lock_of_another_machine_is_left_alone(tmp_path: Path, gone: int) -> None:
    assert not stale("local-cell", lock(tmp_path, gone, "elsewhere"))


def test_lock_of_another_stack(tmp_path: Path, gone: int) -> None:
    assert not stale("local-foundation", lock(tmp_path, gone))


def test_no_lock(tmp_path: Path) -> None:
    assert not stale("local-cell", tmp_path.as_uri())
    assert not stale("local-cell", "gs://bucket")
