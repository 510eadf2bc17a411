from __future__ import annotations

import json
import os
import shutil
import socket
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

from infra.cli.locks import holder, stale


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


@pytest.fixture
def engine(tmp_path: Path) -> Iterator[int]:
    """A process that is called as the engine is."""
    binary = tmp_path / "pulumi"
    shutil.copy(shutil.which("sleep") or "sleep", binary)
    child = subprocess.Popen([binary, "60"])
    yield child.pid
    child.kill()
    child.wait()


def test_an_engine_at_work_is_found_and_its_lock_is_not_stale(tmp_path: Path, engine: int) -> None:
    backend = lock(tmp_path, engine)
    assert holder("local-cell", backend) == engine
    assert not stale("local-cell", backend)
    assert holder("local-foundation", backend) is None


def test_no_engine_holds_what_a_dead_one_or_another_machine_has(tmp_path: Path, gone: int) -> None:
    assert holder("local-cell", lock(tmp_path, gone)) is None
    assert holder("local-cell", lock(tmp_path / "b", gone, "elsewhere")) is None
    assert holder("local-cell", "gs://bucket") is None


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
