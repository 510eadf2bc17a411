"""The numbered writer: one acknowledged write after the other through the tenant's public route.

Each write posts a FHIR `Basic` under its own `Idempotency-Key` (`drill-<run>-<number>`); the runtime
commits that key to the tenant's database before it acknowledges, so that the acknowledged numbers can be
compared with what a restore brings back. The resources name a subject that nobody has, the run's canary:
it must be in no evidence. The log (`writes.jsonl`) is flushed to disk at each write and holds no more
than numbers, times, answers and ids; what a dead runner wrote is removed by it.
"""

from __future__ import annotations

import json
import os
import shlex
import subprocess
import threading
import time
from collections import deque
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import requests

from runbooks.drill.bounds import Metrics
from runbooks.errors import ActivityError
from runbooks.stack import Stack

LOG = "writes.jsonl"
PER_SECOND = 10
_RECENT = 100


def access_token(command: str) -> str:
    """Run the operator's token command (it prints an access token) and return what it printed."""
    try:
        done = subprocess.run(shlex.split(command), capture_output=True, text=True, check=False)
    except OSError as error:
        raise ActivityError(f"--token-command failed: {error}") from error
    if done.returncode or not done.stdout.strip():
        raise ActivityError(
            f"--token-command failed: {(done.stderr.strip() or 'printed nothing').splitlines()[-1]}"
        )
    return done.stdout.strip()


@dataclass
class Writer:
    """Writes in a thread until stopped; `acknowledged` maps each number to its time (seconds since 1970).

    Times are of the monotonic clock, set once against the system's: a step of that one moves none of them.
    """

    stack: Stack
    run: str
    token_command: str
    folder: Path
    canary: str = ""
    acknowledged: dict[int, float] = field(default_factory=dict)
    resources: list[str] = field(default_factory=list)
    errors: dict[int, str] = field(default_factory=dict)

    def __post_init__(self) -> None:
        self._stop = threading.Event()
        self._thread = threading.Thread(target=self._loop, name="writer", daemon=True)
        self._session = requests.Session()
        self._epoch = time.time() - time.monotonic()
        self._recent: deque[float] = deque(maxlen=_RECENT)
        self._begun = self._last = 0.0
        self._number = 0

    def now(self) -> float:
        """Seconds since 1970, by the clock that dates the writes."""
        return self._epoch + time.monotonic()

    def key(self, number: int) -> str:
        return f"drill-{self.run}-{number}"

    def start(self) -> None:
        self._session.headers["Authorization"] = f"Bearer {access_token(self.token_command)}"
        self._begun = self._last = time.monotonic()
        self._thread.start()

    def stop(self) -> None:
        self._stop.set()
        if self._thread.is_alive():
            self._thread.join(30)

    @property
    def metrics(self) -> Metrics:
        """What `--abort-when` may look at; silence is the time since the last acknowledged write."""
        return {
            "errors": lambda: float(len(self.errors)),
            "p99_ms": lambda: self._p99(),
            "silence_seconds": lambda: time.monotonic() - self._last if self._thread.is_alive() else None,
        }

    def _p99(self) -> float | None:
        recent = sorted(self._recent)
        return 1000 * recent[int(len(recent) * 0.99)] if recent else None

    def write(self, number: int) -> None:
        """One write; it counts only when the public route acknowledged it."""
        begun = time.monotonic()
        answer = self._post(number)
        seconds = time.monotonic() - begun
        line: dict[str, Any] = {"number": number, "at": round(self.now(), 6), "seconds": round(seconds, 6)}
        if isinstance(answer, str):
            self.errors[number] = line["error"] = answer
        else:
            self.acknowledged[number] = line["at"]
            self.resources.append(str(answer["id"]))
            line["id"] = str(answer["id"])
            self._last = time.monotonic()
            self._recent.append(seconds)
        self._log(line)

    def _post(self, number: int) -> dict[str, Any] | str:
        code = {"coding": [{"system": "urn:careplane:drill", "code": self.run}]}
        body = {"resourceType": "Basic", "code": code, "identifier": [{"value": str(number)}]}
        if self.canary:
            body["subject"] = {"display": self.canary}
        try:
            answer = self._session.post(
                f"{self.stack.outputs['fhirUrl']}/Basic",
                json=body,
                headers={"Content-Type": "application/fhir+json", "Idempotency-Key": self.key(number)},
                timeout=10,
            )
            if answer.status_code != 201:
                return str(answer.status_code)
            found: dict[str, Any] = answer.json()
        except requests.RequestException as error:
            return type(error).__name__
        return found if isinstance(found, dict) and "id" in found else "no id"

    def _log(self, line: dict[str, Any]) -> None:
        with (self.folder / LOG).open("ab") as file:
            file.write(json.dumps(line).encode() + b"\n")
            file.flush()
            os.fsync(file.fileno())

    def _loop(self) -> None:
        while not self._stop.is_set():
            begun = time.monotonic()
            self._number += 1
            self.write(self._number)
            self._stop.wait(max(0.0, 1 / PER_SECOND - (time.monotonic() - begun)))

    def recover(self) -> None:
        """Learn from the log what a runner that died had written.

        A write without an answer may have arrived all the same: it is sent once more under its own key,
        which makes nothing new, and tells what it had made.
        """
        lines = list(logged(self.folder))
        self.resources = [line["id"] for line in lines if "id" in line]
        self.acknowledged = {line["number"]: line["at"] for line in lines if "id" in line}
        self._number = max((line["number"] for line in lines), default=0)
        self.errors = {line["number"]: line["error"] for line in lines if "error" in line}

    def remove(self) -> int:
        """Delete what was written; the number of resources removed."""
        self._session.headers["Authorization"] = f"Bearer {access_token(self.token_command)}"
        self._find_unanswered()
        wanted = list(dict.fromkeys(self.resources))
        left = []
        for identity in wanted:
            answer = self._session.delete(f"{self.stack.outputs['fhirUrl']}/Basic/{identity}", timeout=10)
            if answer.status_code >= 300 and answer.status_code not in (404, 410):
                left.append(identity)
        self.resources = left
        if left:
            raise ActivityError(f"{len(left)} resources of the writer could not be deleted")
        return len(wanted)

    def _find_unanswered(self) -> None:
        """Writes whose answer never came, and the one that was under way when the runner died."""
        if not self._number:
            return
        unanswered = [number for number, error in self.errors.items() if not error.isdigit()]
        following = [] if self._begun else [self._number + 1]
        for number in (*unanswered, *following):
            answer = self._post(number)
            if isinstance(answer, dict):
                self.resources.append(str(answer["id"]))


def logged(folder: Path) -> Iterator[dict[str, Any]]:
    """The writer's log; half a last line is left out."""
    path = folder / LOG
    if path.exists():
        for line in path.read_bytes().split(b"\n")[:-1]:
            yield json.loads(line)
