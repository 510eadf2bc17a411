"""up, status, down and kill -9, with the real server."""

from __future__ import annotations

import json
import os
import signal
import socket
import subprocess
import sys
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import pytest

from localcloud.cli import instance
from localcloud.process import wait_gone
from localcloud.settings import LocalSettings
from tests.free_ports import free_base
from tests.localcloud.cli.places import ROOT, settings

pytestmark = [pytest.mark.slow, pytest.mark.timeout(180)]


@dataclass(frozen=True)
class Place:
    """A home and ports of this test's own, and the command line on them."""

    settings: LocalSettings

    def run(self, *words: str) -> subprocess.CompletedProcess[str]:
        place = ["--home", str(self.settings.home.parent), "--port-base", str(self.settings.port_base)]
        return subprocess.run(
            [sys.executable, "-m", "localcloud", *place, *words],
            cwd=ROOT,
            capture_output=True,
            text=True,
            check=False,
            timeout=120,
        )

    @property
    def pid(self) -> int:
        pid = instance.holder(self.settings).pid
        assert pid is not None
        return pid


@pytest.fixture
def place(tmp_path: Path) -> Iterator[Place]:
    made = Place(settings(tmp_path, free_base()))
    yield made
    assert made.run("down").returncode == 0
    instance.require_free_ports(made.settings)


def test_up_starts_once_and_down_stops(place: Place) -> None:
    first = place.run("up")
    assert first.returncode == 0, first.stderr
    assert first.stdout.startswith("Started the local cloud: process")
    pid = place.pid
    again = json.loads(place.run("up", "--json").stdout)
    assert (again["started"], again["pid"]) == (False, pid)
    status = json.loads(place.run("status", "--json").stdout)
    assert status["running"] and status["pid"] == pid
    assert "Its data stays in" in place.run("down").stdout
    assert wait_gone(pid, 1)
    assert place.run("status").returncode == 1


def test_a_killed_server_is_replaced_and_what_it_held_is_still_there(place: Place) -> None:
    assert place.run("up").returncode == 0
    assert place.run("fault", "set", "region-down", "europe-west3").returncode == 0
    killed = place.pid
    os.kill(killed, signal.SIGKILL)
    assert wait_gone(killed, 5)
    assert "the last one was killed" in place.run("status").stdout
    up = place.run("up")
    assert up.returncode == 0, up.stderr
    assert f"(process {killed}) was killed: took over its lock" in up.stderr
    assert place.pid != killed
    assert "region-down" in place.run("fault", "list").stdout


def test_a_port_in_use_is_one_sentence_and_nothing_is_started(place: Place) -> None:
    with socket.create_server((place.settings.address, place.settings.port("sqladmin"))):
        up = place.run("up")
    assert up.returncode == 2
    assert up.stderr.count("\n") == 1
    assert f"port {place.settings.port('sqladmin')} of 127.0.0.1 (sqladmin) is in use" in up.stderr
    assert not instance.holder(place.settings).alive


def test_a_second_server_in_the_foreground_is_refused(place: Place) -> None:
    assert place.run("up").returncode == 0
    serve = place.run("serve")
    assert serve.returncode == 1
    assert "already runs from" in serve.stderr
