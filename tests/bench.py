"""`make bench`: the figures of this machine. Brings up a place of its own, measures, removes it."""

from __future__ import annotations

import http.client
import json
import os
import re
import shutil
import statistics
import sys
import tempfile
import threading
import time
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from datetime import date
from pathlib import Path
from typing import Any

import httpx

from tests import first_registration
from tests.end_to_end import place as places
from tests.end_to_end.place import Place
from tests.policies import bench as policies

_RUNS = 3
_REQUESTS = 2000
_CONNECTIONS = 4
_TENANTS = int(os.environ.get("CAREPLANE_BENCH_TENANTS", "100"))
"""Pooled tenants of the fleet; the targets are for 100."""
_TARGET_SECONDS = 7.2
"""A tenant of the fleet: 12 minutes for 100."""


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


def together(place: Place) -> float:
    """Proportional memory of every process of the place, MiB: shared pages count once (Linux)."""
    total = 0
    for folder in Path("/proc").glob("[0-9]*"):
        try:
            if str(place.root).encode() in (folder / "environ").read_bytes():
                total += int(re.findall(r"^Pss:\s+(\d+)", (folder / "smaps_rollup").read_text(), re.M)[0])
        except (OSError, IndexError):
            continue  # It ended meanwhile.
    return total / 1024


@contextmanager
def peak(read: Callable[[], float], every: float = 5.0) -> Iterator[list[float]]:
    """The highest value while the block runs, in a list of one."""
    highest, ended = [read()], threading.Event()

    def watch() -> None:
        while not ended.wait(every):
            highest[0] = max(highest[0], read())

    thread = threading.Thread(target=watch)
    thread.start()
    try:
        yield highest
    finally:
        ended.set()
        thread.join()


def new_tenant(place: Place, name: str) -> str:
    """The stack of a new pooled tenant whose service is scaled to zero."""
    place.must(sys.executable, "-m", "infra", "tenant", "new", name)
    stack = f"local-tenant-{name}"
    path = place.root / "stacks" / f"Pulumi.{stack}.yaml"
    path.write_text(path.read_text().replace("config:\n", 'config:\n  careplane:minInstances: "0"\n', 1))
    return stack


def preview_figures(place: Place) -> None:
    """Of a tenant that is not there yet: all its resources, under the policies."""
    stack = new_tenant(place, "bench-preview")
    place.must("pulumi", "stack", "init", "--stack", stack, "--no-select")
    command = ("pulumi", "preview", "--stack", stack, "--policy-pack", "policies/pack")
    preview = statistics.median(timed(lambda: place.must(*command)) for _ in range(_RUNS))
    tell("preview of a whole tenant under the policies", preview, "s", "target 6")
    first = statistics.median(first_registration.seconds(stack, place.root) for _ in range(_RUNS))
    tell("program start to first registration", first, "s", "target 1.5")


def fleet_figures(place: Place, tenants: int = _TENANTS) -> None:
    names = [f"bench-{number:03d}" for number in range(tenants)]
    for name in names:
        new_tenant(place, name)
    chosen = [part for name in names for part in ("--select", f"tenant={name}")]
    begun = time.monotonic()
    with peak(lambda: together(place)) as memory:
        result = place.python("infra", "fleet", "up", "--parallel", "4", "--json", *chosen, timeout=7200)
    seconds = time.monotonic() - begun
    assert result.code == 0, result.said[-4000:]
    target = f"target {tenants * _TARGET_SECONDS:.0f}; load {os.getloadavg()[0]:.1f}"
    tell(f"fleet up of {tenants} pooled tenants, 4 at a time", seconds, "s", target)
    tell("highest memory of everything together", memory[0], "MiB", "target 4096")
    tell("first request after zero", first_request(place, names[-1]), "s", "target 4")


def first_request(place: Place, tenant: str) -> float:
    """To a service of which no process runs."""
    url = place.outputs(f"local-tenant-{tenant}")["fhirUrl"]
    begun = time.monotonic()
    answer = httpx.get(f"{url}/metadata", timeout=60)
    assert answer.status_code == 200, answer.text[:300]
    return time.monotonic() - begun


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
        preview_figures(place)
        fleet_figures(place)
    finally:
        places.stop(place)
        shutil.rmtree(root, ignore_errors=True)
    policies.figures(tell)


if __name__ == "__main__":
    main()
