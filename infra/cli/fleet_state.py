"""What a fleet command has done so far, in a file that is whole after every tenant."""

from __future__ import annotations

import fcntl
import hashlib
import json
import os
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import asdict, dataclass, field
from pathlib import Path
from typing import Any

from infra.cli.errors import CliError
from infra.errors import ConfigError

DONE, FAILED, SKIPPED, UNCHANGED = "done", "failed", "skipped", "unchanged"
_VERSION = 1


@dataclass(frozen=True)
class TenantResult:
    """What became of one tenant: `changes` by operation, `reason` where it failed or was skipped."""

    tenant: str
    stack: str
    status: str
    seconds: float = 0.0
    changes: dict[str, int] = field(default_factory=dict)
    reason: str = ""

    @property
    def settled(self) -> bool:
        """Whether `--resume` leaves it alone."""
        return self.status in (DONE, UNCHANGED)


@dataclass
class FleetState:
    """`order` names the stacks, canaries first; `results` those that were taken up or given up."""

    path: Path
    place: str
    verb: str
    select: list[str]
    order: list[str]
    canaries: list[str]
    results: dict[str, TenantResult] = field(default_factory=dict)
    stopped: str = ""
    _lock: threading.Lock = field(default_factory=threading.Lock, repr=False)

    def record(self, result: TenantResult) -> None:
        with self._lock:
            self.results[result.stack] = result
            self._write()

    def stop(self, why: str) -> None:
        """The first reason counts."""
        with self._lock:
            self.stopped = self.stopped or why
            self._write()

    def save(self) -> None:
        with self._lock:
            self._write()

    def _write(self) -> None:
        """In one step: who reads, or kills us, meets the old file or the new one."""
        draft = self.path.with_suffix(".part")
        document = {
            "version": _VERSION,
            "place": self.place,
            "verb": self.verb,
            "select": self.select,
            "order": self.order,
            "canaries": self.canaries,
            "stopped": self.stopped,
            "tenants": [asdict(each) for each in self.results.values()],
        }
        with draft.open("w") as file:
            file.write(json.dumps(document, indent=2) + "\n")
            file.flush()
            os.fsync(file.fileno())
        os.replace(draft, self.path)


class Busy(CliError):
    """The same command runs already."""

    def __init__(self, file: Path) -> None:
        super().__init__(f"another fleet command works on the same selection ({file}); wait for its end")


def path(home: Path, place: str, verb: str, select: list[str]) -> Path:
    """A file a selection, so that commands over different tenants do not meet."""
    digest = hashlib.sha256("\n".join(select).encode()).hexdigest()[:8]
    return home / f"fleet-{place}-{verb}-{digest}.json"


@contextmanager
def alone(file: Path) -> Iterator[None]:
    """Nobody else writes the file; the system ends the claim of who dies."""
    with file.with_suffix(".lock").open("w") as lock:
        try:
            fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            raise Busy(file) from None
        yield


def resume(home: Path, place: str, verb: str, select: list[str]) -> FleetState:
    """The last run of this command over these tenants, to go on with; refused where there is none."""
    file = path(home, place, verb, select)
    try:
        found: dict[str, Any] = json.loads(file.read_text())
    except FileNotFoundError:
        raise ConfigError(
            "--resume", ",".join(select) or "all tenants", _selections(home, place, verb)
        ) from None
    results = {each["stack"]: TenantResult(**each) for each in found["tenants"]}
    kept = {stack: each for stack, each in results.items() if each.settled}
    return FleetState(file, place, verb, select, found["order"], found["canaries"], kept)


def _selections(home: Path, place: str, verb: str) -> str:
    """Of earlier runs, as `--select` takes them."""
    files = home.glob(f"fleet-{place}-{verb}-*.json")
    found = sorted(",".join(json.loads(file.read_text())["select"]) or "all tenants" for file in files)
    return " or ".join(found) or f"a selection that `fleet {verb}` has worked on before"
