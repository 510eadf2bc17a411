"""What a fleet command has done so far, in a file that is whole after every tenant."""

from __future__ import annotations

import json
import os
import threading
from dataclasses import asdict, dataclass, field
from pathlib import Path
from typing import Any

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


def path(home: Path, place: str, verb: str) -> Path:
    return home / f"fleet-{place}-{verb}.json"


def resume(home: Path, place: str, verb: str, select: list[str]) -> FleetState:
    """The last run of this command over these tenants, to go on with; refused where there is none."""
    file = path(home, place, verb)
    try:
        found: dict[str, Any] = json.loads(file.read_text())
    except FileNotFoundError:
        raise ConfigError("--resume", f"fleet {verb}", f"a command that has run before ({file})") from None
    if found["select"] != select:
        raise ConfigError("--select", select, f"what was interrupted: {','.join(found['select']) or 'all'}")
    results = {each["stack"]: TenantResult(**each) for each in found["tenants"]}
    kept = {stack: each for stack, each in results.items() if each.settled}
    return FleetState(file, place, verb, select, found["order"], found["canaries"], kept)
