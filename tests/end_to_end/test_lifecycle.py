"""A place of its own: killed in the middle of `up`, converging, destroyed to its survivors."""

from __future__ import annotations

import json
import os
import shutil
import signal
import subprocess
import sys
import time
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.end_to_end import place as places
from tests.end_to_end.place import STACKS, Place

pytestmark = [pytest.mark.slow, pytest.mark.timeout(1200)]


@pytest.fixture
def doomed(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Place]:
    root = Path(tmp_path_factory.mktemp("doomed"))
    made = places.start(root)
    try:
        yield made
    finally:
        places.stop(made)
        shutil.rmtree(root, ignore_errors=True)


def server_pid(place: Place) -> int:
    return int(json.loads(place.must(sys.executable, "-m", "localcloud", "status", "--json"))["pid"])


def kill_in_the_middle_of_up(place: Place) -> None:
    """kill -9 of localcloud while the cell is being made."""
    running = subprocess.Popen(
        [sys.executable, "-m", "infra", "up"],
        cwd=place.root,
        env=place.environ,
        stdout=subprocess.DEVNULL,
        stderr=subprocess.DEVNULL,
    )
    deadline = time.monotonic() + 240
    while time.monotonic() < deadline and running.poll() is None:
        found = place.google("GET", 60, "/resources").json()
        if any("keyRings" in name for name in found.get("cloudkms", [])):
            break
        time.sleep(0.3)
    assert running.poll() is None, "up ended before it could be interrupted"
    os.kill(server_pid(place), signal.SIGKILL)
    running.wait(300)
    assert running.returncode != 0


def test_killed_then_converging_then_destroyed_to_its_survivors(doomed: Place) -> None:
    place = doomed
    kill_in_the_middle_of_up(place)
    assert place.python("localcloud", "up").code == 0
    again = place.python("infra", "up", timeout=900)
    assert again.code == 0, again.said[-6000:]
    for stack in STACKS:
        place.must("pulumi", "preview", "--expect-no-changes", "--stack", stack)
    assert place.must("git", "status", "--porcelain") == ""

    refused = place.python("infra", "destroy")
    assert refused.code != 0
    assert "--decommission" in refused.said

    gone = place.python("infra", "destroy", "--decommission", "--json", timeout=900)
    assert gone.code == 0, gone.said[-6000:]
    survivors = {item["id"] for item in json.loads(gone.out)}
    assert any("keyRings" in item for item in survivors)
    assert any("audit" in item for item in survivors)
    left = place.google("GET", 60, "/resources").json()
    for api in ("run", "pubsub", "storage", "secretmanager", "sqladmin", "servicenetworking"):
        assert left.get(api, []) == [], api
    for name in left.get("healthcare", []) + left.get("cloudkms", []):
        assert any(name.startswith(item) or item.startswith(name) for item in survivors), name
    assert place.must("git", "status", "--porcelain") == ""
