from __future__ import annotations

import os
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

from infra.cli.errors import StackBusy
from infra.cli.stack_lock import held

STACK = "local-tenant-lakeside"
HOLDS = """
import sys, time
from pathlib import Path
from infra.cli.stack_lock import held
with held(Path(sys.argv[1]), "local-tenant-lakeside", "tenant offboard lakeside"):
    print("held", flush=True)
    time.sleep(60)
"""


@pytest.fixture
def other(tmp_path: Path) -> Iterator[subprocess.Popen[bytes]]:
    child = subprocess.Popen([sys.executable, "-c", HOLDS, str(tmp_path)], stdout=subprocess.PIPE)
    assert child.stdout is not None and child.stdout.readline() == b"held\n"
    yield child
    child.kill()
    child.wait()
    child.stdout.close()


def test_another_process_is_named_with_what_it_does_and_since_when(
    tmp_path: Path, other: subprocess.Popen[bytes]
) -> None:
    said = rf"{STACK} is busy: process {other.pid} \(tenant offboard lakeside\) has it since 20"
    with pytest.raises(StackBusy, match=said), held(tmp_path, STACK, "up"):
        pass


def test_killed_holder_leaves_nothing_behind(tmp_path: Path, other: subprocess.Popen[bytes]) -> None:
    other.kill()
    other.wait()
    with held(tmp_path, STACK, "up"):
        pass


def test_the_same_process_holds_a_stack_once(tmp_path: Path) -> None:
    with (
        held(tmp_path, STACK, "fleet up"),
        pytest.raises(StackBusy, match=f"process {os.getpid()}"),
        held(tmp_path, STACK, "up"),
    ):
        pass


def test_it_is_free_again_after_the_end_and_after_a_failure(tmp_path: Path) -> None:
    with pytest.raises(ZeroDivisionError), held(tmp_path, STACK, "up"):
        _ = 1 / 0
    for _ in range(2):
        with held(tmp_path, STACK, "up"):
            pass


def test_stacks_do_not_wait_for_each_other(tmp_path: Path) -> None:
    with held(tmp_path, STACK, "up"), held(tmp_path, "local-tenant-riverside", "up"):
        pass


def test_a_holder_that_has_not_said_who_it_is_yet(tmp_path: Path) -> None:
    with held(tmp_path, STACK, "up"):
        (tmp_path / "locks" / f"{STACK}.lock").write_text("")
        with pytest.raises(StackBusy, match="just begun"), held(tmp_path, STACK, "up"):
            pass


def test_the_file_is_the_owners(tmp_path: Path) -> None:
    with held(tmp_path, STACK, "up"):
        assert (tmp_path / "locks" / f"{STACK}.lock").stat().st_mode & 0o777 == 0o600
