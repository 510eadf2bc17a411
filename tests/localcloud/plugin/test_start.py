"""The plugin as the engine starts it."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import time
from collections.abc import Iterator

import grpc
import pytest
from google.protobuf import empty_pb2
from pulumi.runtime.proto import provider_pb2_grpc

from localcloud.plugin.catalogue import version

COMMAND = [sys.executable, "-m", "localcloud.plugin"]


@pytest.fixture
def started() -> Iterator[tuple[subprocess.Popen[str], int]]:
    process = subprocess.Popen(COMMAND, stdout=subprocess.PIPE, text=True)
    assert process.stdout is not None
    yield process, int(process.stdout.readline())
    process.kill()
    process.wait()
    process.stdout.close()


def test_it_prints_its_port_and_answers_there(started: tuple[subprocess.Popen[str], int]) -> None:
    with grpc.insecure_channel(f"127.0.0.1:{started[1]}") as channel:
        stub = provider_pb2_grpc.ResourceProviderStub(channel)
        assert stub.GetPluginInfo(empty_pb2.Empty()).version == version()


def test_it_ends_on_sigterm(started: tuple[subprocess.Popen[str], int]) -> None:
    started[0].send_signal(signal.SIGTERM)
    assert started[0].wait(10) == 0


def test_it_ends_when_the_engine_is_killed() -> None:
    """Here the engine is a shell that dies at once."""
    script = f"{sys.executable} -m localcloud.plugin & echo $!; sleep 1; kill -9 $$"
    shell = subprocess.run(["sh", "-c", script], stdout=subprocess.PIPE, text=True)
    pid = int(shell.stdout.split()[0])
    deadline = time.monotonic() + 15
    while time.monotonic() < deadline and _alive(pid):
        time.sleep(0.1)
    assert not _alive(pid)


def test_it_loads_neither_the_sdk_nor_google_libraries() -> None:
    """Each `pulumi up` starts it: whatever is loaded is waited for every time."""
    code = (
        "import sys; from localcloud.bare_sdk import without_sdk; without_sdk();"
        "import localcloud.plugin.server; print(*sys.modules)"
    )
    found = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    heavy = ("pulumi_gcp", "googleapiclient", "pulumi.output", "httpx", "yaml")
    assert [name for name in found.stdout.split() if name.startswith(heavy)] == []


def _alive(pid: int) -> bool:
    try:
        os.kill(pid, 0)
    except ProcessLookupError:
        return False
    with open(f"/proc/{pid}/stat") as stat:
        return stat.read().split()[2] != "Z"
