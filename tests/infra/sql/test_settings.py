from __future__ import annotations

from infra import profile
from infra.sql.options import MUTUAL, DenyPeriod, InstanceOptions, PasswordPolicy
from infra.sql.settings import backups, settings
from tests.infra.sites import SITE

PROFILE = profile.load("saas")
ALL = InstanceOptions(
    tls=MUTUAL,
    connectors_only=True,
    deny=DenyPeriod("12-15", "1-10"),
    query_plans_per_minute=5,
    final_backup_days=30,
    transaction_log_days=35,
    password_policy=PasswordPolicy(),
)


def test_every_option_reaches_its_property() -> None:
    found = settings(SITE, PROFILE, "net", ALL, backups(PROFILE, "europe-west4", ALL))
    assert found["ip_configuration"]["ssl_mode"] == MUTUAL
    assert found["connector_enforcement"] == "REQUIRED"
    assert found["deny_maintenance_period"] == {
        "start_date": "12-15",
        "end_date": "1-10",
        "time": "00:00:00",
    }
    assert found["insights_config"]["query_plans_per_minute"] == 5
    assert found["final_backup_config"] == {"enabled": True, "retention_days": 30}
    assert found["backup_configuration"]["transaction_log_retention_days"] == 35
    assert found["password_validation_policy"]["min_length"] == 16


def test_the_defaults_ask_for_nothing_more_than_before() -> None:
    defaults = InstanceOptions()
    assert set(settings(SITE, PROFILE, "net", defaults, backups(PROFILE, "europe-west4", defaults))) == {
        "availability_type",
        "backup_configuration",
        "database_flags",
        "deletion_protection_enabled",
        "disk_autoresize",
        "edition",
        "insights_config",
        "ip_configuration",
        "maintenance_window",
        "tier",
        "user_labels",
    }


def test_a_replica_has_neither_backups_nor_maintenance_of_its_own() -> None:
    found = settings(SITE, PROFILE, "net", ALL, None)
    assert not {"backup_configuration", "maintenance_window", "deny_maintenance_period"} & found.keys()
    assert found["deletion_protection_enabled"] is True
