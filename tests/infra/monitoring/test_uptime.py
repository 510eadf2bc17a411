from __future__ import annotations

from dataclasses import replace
from typing import Any

import pytest

from infra.errors import ConfigError
from infra.monitoring.uptime import UptimeArgs, UptimeCheck
from tests.infra.engine import declare

ARGS = UptimeArgs("p", "riverside", "riverside.example.org", channels=("channel",))


def test_probed_over_tls_and_the_certificate_looked_at() -> None:
    check = declare(lambda: UptimeCheck("u", ARGS) and None).one("UptimeCheckConfig").inputs
    assert check["httpCheck"]["useSsl"] is check["httpCheck"]["validateSsl"] is True
    assert (check["httpCheck"]["path"], check["httpCheck"]["port"]) == ("/healthz", 443)
    assert check["monitoredResource"]["labels"] == {"project_id": "p", "host": "riverside.example.org"}
    assert (check["period"], check["timeout"]) == ("60s", "10s")


def test_two_places_must_agree() -> None:
    alert = declare(lambda: UptimeCheck("u", ARGS) and None).one("AlertPolicy").inputs
    condition = alert["conditions"][0]["conditionThreshold"]
    assert 'metric.labels.check_id="checked"' in condition["filter"]
    assert condition["aggregations"][0]["crossSeriesReducer"] == "REDUCE_COUNT_FALSE"
    assert condition["thresholdValue"] == 1
    assert alert["notificationChannels"] == ["channel"]


@pytest.mark.parametrize(
    ("changes", "named"),
    [
        ({"period": 30}, "300, 60, 600, 900"),
        ({"timeout": 61}, "1 to 60"),
        ({"path": "healthz"}, "begins with /"),
        ({"host": "https://riverside.example.org/"}, "a host name alone"),
    ],
)
def test_bad_arguments_say_what_is_allowed(changes: dict[str, Any], named: str) -> None:
    with pytest.raises(ConfigError, match=named):
        replace(ARGS, **changes)
