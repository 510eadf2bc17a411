"""Startup and liveness probes (https://cloud.google.com/run/docs/configuring/healthchecks)."""

from __future__ import annotations

import http.client
import socket
from collections.abc import Callable
from dataclasses import dataclass

from localcloud.api import Json

_SHORTEST = 0.05


@dataclass(frozen=True)
class Probe:
    """How to ask, how often, and how many failures are too many."""

    check: Json
    delay: float
    period: float
    timeout: float
    failures: int

    @property
    def budget(self) -> float:
        """The longest time that a start may take."""
        return self.delay + self.period * self.failures

    def passes(self, host: str, port: int) -> bool:
        try:
            if self.check.get("httpGet") is not None:
                return _http(self.check["httpGet"], host, port, self.timeout)
            with socket.create_connection((host, port), self.timeout):
                return True
        except (OSError, http.client.HTTPException):
            return False


def _http(check: Json, host: str, port: int, timeout: float) -> bool:
    connection = http.client.HTTPConnection(host, port, timeout=timeout)
    try:
        headers = {h["name"]: h.get("value", "") for h in check.get("httpHeaders") or []}
        connection.request("GET", check.get("path") or "/", headers=headers)
        return 200 <= connection.getresponse().status < 400
    finally:
        connection.close()


def _probe(given: Json | None, period: float, failures: int) -> Probe:
    found = given or {}
    return Probe(
        {key: found[key] for key in ("httpGet", "tcpSocket") if found.get(key) is not None},
        float(found.get("initialDelaySeconds") or 0),
        float(found.get("periodSeconds") or period),
        float(found.get("timeoutSeconds") or 1),
        int(found.get("failureThreshold") or failures),
    )


def startup(container: Json) -> Probe:
    """The asked one, or Cloud Run's default: a TCP connection within 240 s."""
    given = container.get("startupProbe")
    return _probe(given, 10, 3) if given else _probe(None, 240, 1)


def liveness(container: Json) -> Probe | None:
    given = container.get("livenessProbe")
    return _probe(given, 10, 3) if given else None


def wait_started(
    probe: Probe,
    host: str,
    port: int,
    alive: Callable[[], bool],
    clock: Callable[[], float],
    sleep: Callable[[float], None],
) -> bool:
    """Ask until it passes, sooner than the period asks for: nobody gains by waiting. False: never."""
    deadline, pause = clock() + probe.budget, _SHORTEST
    while alive() and clock() < deadline:
        if probe.passes(host, port):
            return True
        sleep(pause)
        pause = min(pause * 1.3, 0.5, max(probe.period, _SHORTEST))
    return False
