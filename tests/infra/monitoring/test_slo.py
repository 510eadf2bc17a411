from __future__ import annotations

from dataclasses import replace
from typing import Any

import pytest

from infra.errors import ConfigError
from infra.monitoring.signals import run_signal
from infra.monitoring.slo import SloArgs, TenantSlo
from tests.infra.engine import Declared, declare

ARGS = SloArgs("p", "riverside", run_signal("p", "europe-west3", "riverside"), channels=("channel",))


@pytest.fixture(scope="module")
def found() -> Declared:
    return declare(lambda: TenantSlo("slo", ARGS) and None)


def test_availability_is_the_share_without_a_5xx(found: Declared) -> None:
    slo = found.one("Slo", "slo-availability").inputs
    assert (slo["goal"], slo["rollingPeriodDays"]) == (0.999, 28)
    assert slo["requestBasedSli"]["goodTotalRatio"] == {
        "totalServiceFilter": ARGS.signal.total,
        "badServiceFilter": ARGS.signal.failed,
    }


def test_latency_is_the_share_within_a_second(found: Declared) -> None:
    slo = found.one("Slo", "slo-latency").inputs
    assert slo["goal"] == 0.95
    cut = slo["requestBasedSli"]["distributionCut"]
    assert (cut["distributionFilter"], cut["range"]) == (ARGS.signal.latency, {"max": 1000})


@pytest.mark.parametrize("objective", ["availability", "latency"])
@pytest.mark.parametrize(
    ("burn", "rate", "windows"), [("fast", 14.4, ("3600s", "300s")), ("slow", 6, ("21600s", "1800s"))]
)
def test_both_windows_must_burn(
    found: Declared, objective: str, burn: str, rate: float, windows: tuple[str, str]
) -> None:
    alert = found.one("AlertPolicy", f"slo-{objective}-{burn}").inputs
    slo = f"projects/p/services/riverside/serviceLevelObjectives/{objective}"
    assert alert["combiner"] == "AND"
    assert [each["conditionThreshold"]["filter"] for each in alert["conditions"]] == [
        f'select_slo_burn_rate("{slo}", "{window}")' for window in windows
    ]
    assert {each["conditionThreshold"]["thresholdValue"] for each in alert["conditions"]} == {rate}
    assert alert["notificationChannels"] == ["channel"]


@pytest.mark.parametrize(
    ("changes", "named"),
    [
        ({"availability": 1.0}, "up to 0.9999"),
        ({"latency": 95}, "up to 0.9999"),
        ({"days": 31}, "1 to 30"),
        ({"tenant": "River Side"}, "lower-case letters"),
        ({"latency_ms": 0}, "1 or more"),
    ],
)
def test_bad_goals_say_what_is_allowed(changes: dict[str, Any], named: str) -> None:
    with pytest.raises(ConfigError, match=named):
        replace(ARGS, **changes)
