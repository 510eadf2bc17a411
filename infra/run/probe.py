"""Probes over HTTP: https://cloud.google.com/run/docs/configuring/healthchecks."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from infra.errors import ConfigError


@dataclass(frozen=True)
class Probe:
    """`failures` in a row mean not started, or not alive; times in seconds, `timeout` at most `period`."""

    path: str
    period: int = 10
    timeout: int = 1
    failures: int | None = None

    def __post_init__(self) -> None:
        if not self.path.startswith("/"):
            raise ConfigError("probe.path", self.path, "a path that begins with /")
        if not 1 <= self.timeout <= self.period:
            raise ConfigError("probe.timeout", self.timeout, f"1 to the period, {self.period}")

    def inputs(self) -> Any:
        found: dict[str, Any] = {
            "http_get": {"path": self.path},
            "period_seconds": self.period,
            "timeout_seconds": self.timeout,
        }
        return found if self.failures is None else {**found, "failure_threshold": self.failures}


STARTUP = Probe("/readyz", period=2, timeout=2, failures=30)
LIVENESS = Probe("/healthz", period=10, timeout=5)
