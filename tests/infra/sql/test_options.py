from __future__ import annotations

from typing import Any

import pytest

from infra.errors import ConfigError
from infra.sql.options import MUTUAL, DenyPeriod, InstanceOptions, PasswordPolicy


def test_slow_statements_are_logged_without_the_patients_in_them() -> None:
    flags = InstanceOptions(slow_query_ms=500).all_flags
    assert flags["log_min_duration_statement"] == "500"
    assert flags["log_parameter_max_length"] == "0"
    assert "log_min_duration_statement" not in InstanceOptions().all_flags


def test_more_may_be_audited_and_never_less() -> None:
    more = InstanceOptions(flags={"pgaudit.log": "ddl,role,write"})
    assert more.all_flags["pgaudit.log"] == "ddl,role,write"
    for flags in ({"pgaudit.log": "ddl"}, {"log_connections": "off"}, {"cloudsql.enable_pgaudit": "off"}):
        with pytest.raises(ConfigError, match=f"flags.{next(iter(flags))}"):
            InstanceOptions(flags=flags)


@pytest.mark.parametrize(
    ("given", "message"),
    [
        ({"tls": "ALLOW_UNENCRYPTED_AND_ENCRYPTED"}, f"allowed: ENCRYPTED_ONLY, {MUTUAL}"),
        ({"maintenance_day": 0}, "maintenance_day: 0 is not allowed; allowed: 1 to 7"),
        ({"maintenance_hour": 24}, "allowed: 0 to 23"),
        ({"maintenance_track": "never"}, "allowed: canary, stable, week5"),
        ({"final_backup_days": 366}, "allowed: 1 to 365"),
        ({"transaction_log_days": 0}, "allowed: 1 to 35"),
        ({"query_plans_per_minute": 21}, "allowed: 0 to 20"),
    ],
)
def test_a_value_that_google_would_refuse_is_refused_first(given: dict[str, Any], message: str) -> None:
    with pytest.raises(ConfigError, match=message):
        InstanceOptions(**given)


def test_a_deny_period_is_written_alike_at_both_ends() -> None:
    assert DenyPeriod("12-15", "1-10").time == "00:00:00"
    with pytest.raises(ConfigError, match="a day written like 2026-12-15"):
        DenyPeriod("2026-12-15", "1-10")
    with pytest.raises(ConfigError, match="YYYY-MM-DD or MM-DD"):
        DenyPeriod("Christmas", "1-10")


def test_a_short_password_is_refused() -> None:
    with pytest.raises(ConfigError, match="allowed: 12 to 72"):
        PasswordPolicy(min_length=8)
