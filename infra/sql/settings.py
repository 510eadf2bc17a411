"""The settings of an instance: those that a primary and its replicas share, and those of a primary alone."""

from __future__ import annotations

import pulumi
from pulumi_gcp import sql

from infra.errors import ConfigError
from infra.profile import Profile
from infra.site import Site
from infra.sql.options import InstanceOptions

PRIMARY, REPLICA = "CLOUD_SQL_INSTANCE", "READ_REPLICA_INSTANCE"
PLUS = "ENTERPRISE_PLUS"


def settings(
    site: Site,
    profile: Profile,
    network: pulumi.Input[str],
    options: InstanceOptions,
    backups: sql.DatabaseInstanceSettingsBackupConfigurationArgsDict | None,
) -> sql.DatabaseInstanceSettingsArgsDict:
    """Without `backups` it is a replica, whose maintenance is its primary's."""
    found: sql.DatabaseInstanceSettingsArgsDict = {
        "tier": profile.tier,
        "edition": profile.edition,
        "availability_type": profile.availability,
        "disk_autoresize": True,
        "deletion_protection_enabled": site.protected,
        "ip_configuration": {
            "ipv4_enabled": False,
            "private_network": network,
            "ssl_mode": options.tls,
            "enable_private_path_for_google_cloud_services": True,
        },
        "database_flags": [{"name": flag, "value": value} for flag, value in options.all_flags.items()],
        "insights_config": {"query_insights_enabled": True},
        "user_labels": dict(site.labels),
    }
    if options.query_plans_per_minute is not None:
        found["insights_config"] = {
            "query_insights_enabled": True,
            "query_plans_per_minute": options.query_plans_per_minute,
        }
    if options.connectors_only:
        found["connector_enforcement"] = "REQUIRED"
    if options.password_policy:
        found["password_validation_policy"] = {
            "enable_password_policy": True,
            "complexity": "COMPLEXITY_DEFAULT",
            "disallow_username_substring": True,
            "min_length": options.password_policy.min_length,
            "reuse_interval": options.password_policy.reuse_interval,
        }
    return _of_a_primary(found, options, backups) if backups else found


def backups(
    profile: Profile, region: str, options: InstanceOptions
) -> sql.DatabaseInstanceSettingsBackupConfigurationArgsDict:
    """Daily at 02:00 UTC into `region`, and the write-ahead log between: checks 68, 69, 73 and 89."""
    longest = 35 if profile.edition == PLUS else 7
    days = options.transaction_log_days or (14 if profile.edition == PLUS else 7)
    if days > longest:
        raise ConfigError("transaction_log_days", days, f"1 to {longest} in edition {profile.edition}")
    return {
        "enabled": True,
        "point_in_time_recovery_enabled": True,
        "start_time": "02:00",
        "location": region,
        "transaction_log_retention_days": days,
        "backup_retention_settings": {
            "retained_backups": profile.retained_backups,
            "retention_unit": "COUNT",
        },
    }


def _of_a_primary(
    found: sql.DatabaseInstanceSettingsArgsDict,
    options: InstanceOptions,
    backups: sql.DatabaseInstanceSettingsBackupConfigurationArgsDict,
) -> sql.DatabaseInstanceSettingsArgsDict:
    found["backup_configuration"] = backups
    found["maintenance_window"] = {
        "day": options.maintenance_day,
        "hour": options.maintenance_hour,
        "update_track": options.maintenance_track,
    }
    if options.deny:
        found["deny_maintenance_period"] = {
            "start_date": options.deny.start,
            "end_date": options.deny.end,
            "time": options.deny.time,
        }
    if options.final_backup_days:
        found["final_backup_config"] = {"enabled": True, "retention_days": options.final_backup_days}
    return found
