"""`make bench`: the figures of this machine. Brings up a place of its own, measures, removes it."""

from __future__ import annotations

import http.client
import json
import os
import shutil
import statistics
import sys
import tempfile
import time
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from datetime import date
from pathlib import Path
from typing import Any

from tests.end_to_end import place as places
from tests.end_to_end.place import Place

_RUNS = 3
_REQUESTS = 2000
_CONNECTIONS = 4


def timed(work: Callable[[], Any]) -> float:
    begun = time.monotonic()
    work()
    return time.monotonic() - begun


def tell(name: str, value: float, unit: str, target: str = "") -> None:
    print(f"{name:<52} {value:>9.1f} {unit:<6} {target}", flush=True)


def resident(pid: int) -> float:
    """Resident memory of a process, MiB (Linux)."""
    fields = Path(f"/proc/{pid}/statm").read_text().split()
    return int(fields[1]) * os.sysconf("SC_PAGESIZE") / 2**20


def server_pid(place: Place) -> int:
    status = json.loads(place.must(sys.executable, "-m", "localcloud", "status", "--json"))
    return int(status["pid"])


def gets(place: Place) -> float:
    """Generic GETs a second over keep-alive connections from one client process."""
    path = "/compute/beta/projects/careplane-cell/global/networks/cell"
    headers = {"Authorization": f"Bearer {place.environ['GOOGLE_OAUTH_ACCESS_TOKEN']}"}

    def client(count: int) -> None:
        connection = http.client.HTTPConnection("127.0.0.1", place.port_base + 10)
        for _ in range(count):
            connection.request("GET", path, headers=headers)
            answer = connection.getresponse()
            body = answer.read()
            assert answer.status == 200, body
        connection.close()

    with ThreadPoolExecutor(_CONNECTIONS) as pool:
        seconds = timed(lambda: list(pool.map(client, [_REQUESTS // _CONNECTIONS] * _CONNECTIONS)))
    return _REQUESTS / seconds


def up(place: Place, *arguments: str) -> None:
    result = place.python("infra", "up", *arguments, timeout=900)
    assert result.code == 0, result.said[-4000:]


def main() -> None:
    root = Path(tempfile.mkdtemp(prefix="careplane-bench-"))
    print(f"{date.today()}, {os.cpu_count()} cores, median of {_RUNS} runs unless it can happen only once")
    begun = time.monotonic()
    place = places.start(root)
    try:
        up(place)
        tell("make up from nothing, toolchain present (once)", time.monotonic() - begun, "s", "target 150")
        tell(
            "make up again",
            statistics.median(timed(lambda: up(place)) for _ in range(_RUNS)),
            "s",
            "target 45",
        )
        stack = "local-tenant-lakeside"
        one = statistics.median(
            timed(lambda: place.must("pulumi", "up", "--yes", "--stack", stack)) for _ in range(_RUNS)
        )
        tell("pulumi up of one unchanged tenant", one, "s", "target 8")
        tell("localcloud resident memory, two tenants up", resident(server_pid(place)), "MiB", "target 300")
        tell("generic GETs", statistics.median(gets(place) for _ in range(_RUNS)), "/s", "target 500")
    finally:
        places.stop(place)
        shutil.rmtree(root, ignore_errors=True)


if __name__ == "__main__":
    main()
