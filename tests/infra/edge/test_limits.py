from __future__ import annotations

from typing import Any

import pytest

from infra.edge.limits import RateLimit
from infra.errors import ConfigError


def test_a_client_is_banned_at_one_host_only() -> None:
    limit = RateLimit(100, 60, 500, 300)
    assert limit.action == "rate_based_ban"
    options: Any = limit.options
    keys = [each["enforce_on_key_type"] for each in options["enforce_on_key_configs"]]
    assert keys == ["HTTP_HEADER", "IP"]
    assert limit.options["rate_limit_threshold"] == {"count": 100, "interval_sec": 60}
    assert limit.options["ban_threshold"] == {"count": 500, "interval_sec": 60}
    assert limit.options["ban_duration_sec"] == 300


def test_a_whole_tenant_is_slowed_down_and_never_banned() -> None:
    limit = RateLimit(per="tenant")
    assert limit.action == "throttle" and "ban_duration_sec" not in limit.options
    assert limit.options["enforce_on_key_configs"] == [
        {"enforce_on_key_type": "HTTP_HEADER", "enforce_on_key_name": "host"}
    ]


@pytest.mark.parametrize(
    ("given", "key"),
    [
        ({"requests": 0}, "requests"),
        ({"requests": -1}, "requests"),
        ({"ban_seconds": 0}, "ban_seconds"),
        ({"interval_seconds": 45}, "interval_seconds"),
        ({"requests": 100, "ban_requests": 99}, "ban_requests"),
        ({"per": "planet"}, "per"),
    ],
)
def test_limit_that_is_refused(given: dict[str, Any], key: str) -> None:
    with pytest.raises(ConfigError, match=f"rate_limit.{key}"):
        RateLimit(**given)
