"""The numbered writer: one acknowledged write after the other through the tenant's public route.

Each write posts a FHIR `Basic` without patient data under its own `Idempotency-Key`
(`drill-<run>-<number>`); the runtime commits that key to the tenant's database before it
acknowledges, so that the acknowledged numbers can be compared with what a restore brings back.
"""

from __future__ import annotations

import shlex
import subprocess
import threading
import time
from dataclasses import dataclass, field

import requests

from runbooks.errors import ActivityError
from runbooks.stack import Stack

PER_SECOND = 10


def access_token(command: str) -> str:
    """Run the operator's token command (it prints an access token) and return what it printed."""
    done = subprocess.run(shlex.split(command), capture_output=True, text=True, check=False)
    if done.returncode or not done.stdout.strip():
        raise ActivityError(
            f"--token-command failed: {(done.stderr.strip() or 'printed nothing').splitlines()[-1]}"
        )
    return done.stdout.strip()


@dataclass
class Writer:
    """Writes in a thread until stopped; `acknowledged` maps each number to its time (seconds since 1970)."""

    stack: Stack
    run: str
    token_command: str
    acknowledged: dict[int, float] = field(default_factory=dict)
    resources: list[str] = field(default_factory=list)
    errors: dict[int, str] = field(default_factory=dict)

    def __post_init__(self) -> None:
        self._stop = threading.Event()
        self._thread = threading.Thread(target=self._loop, name="writer", daemon=True)
        self._session = requests.Session()

    def key(self, number: int) -> str:
        return f"drill-{self.run}-{number}"

    def start(self) -> None:
        self._session.headers["Authorization"] = f"Bearer {access_token(self.token_command)}"
        self._thread.start()

    def stop(self) -> None:
        self._stop.set()
        if self._thread.is_alive():
            self._thread.join(30)

    def write(self, number: int) -> None:
        """One write; it counts only when the public route acknowledged it."""
        code = {"coding": [{"system": "urn:careplane:drill", "code": self.run}]}
        body = {"resourceType": "Basic", "code": code, "identifier": [{"value": str(number)}]}
        try:
            answer = self._session.post(
                f"{self.stack.outputs['fhirUrl']}/Basic",
                json=body,
                headers={"Content-Type": "application/fhir+json", "Idempotency-Key": self.key(number)},
                timeout=10,
            )
        except requests.RequestException as error:
            self.errors[number] = type(error).__name__
            return
        if answer.status_code != 201:
            self.errors[number] = str(answer.status_code)
            return
        self.acknowledged[number] = time.time()
        self.resources.append(answer.json()["id"])

    def _loop(self) -> None:
        number = 0
        while not self._stop.is_set():
            begun = time.monotonic()
            number += 1
            self.write(number)
            self._stop.wait(max(0.0, 1 / PER_SECOND - (time.monotonic() - begun)))

    def remove(self) -> int:
        """Delete what was written; the number of resources removed."""
        self._session.headers["Authorization"] = f"Bearer {access_token(self.token_command)}"
        for identity in list(self.resources):
            answer = self._session.delete(f"{self.stack.outputs['fhirUrl']}/Basic/{identity}", timeout=10)
            if answer.status_code < 300 or answer.status_code in (404, 410):
                self.resources.remove(identity)
        if self.resources:
            raise ActivityError(f"{len(self.resources)} resources of the writer could not be deleted")
        return len(self.acknowledged)
