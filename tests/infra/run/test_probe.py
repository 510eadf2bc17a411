from __future__ import annotations

import pytest

from infra.errors import ConfigError
from infra.run.probe import LIVENESS, STARTUP, Probe


def test_a_service_is_given_a_minute_to_start() -> None:
    assert STARTUP.inputs() == {
        "http_get": {"path": "/readyz"},
        "period_seconds": 2,
        "timeout_seconds": 2,
        "failure_threshold": 30,
    }
    assert "failure_threshold" not in LIVENESS.inputs()


def test_a_probe_that_google_refuses_is_refused_first() -> None:
    with pytest.raises(ConfigError, match=r"probe\.timeout: 11 is not allowed; allowed: 1 to the period, 10"):
        Probe("/healthz", timeout=11)
    with pytest.raises(ConfigError, match="a path that begins with /"):
        Probe("healthz")
