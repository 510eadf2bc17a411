"""What an instance may have beyond its profile; the defaults change nothing."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass, field

from infra.errors import ConfigError

ENCRYPTED, MUTUAL = "ENCRYPTED_ONLY", "TRUSTED_CLIENT_CERTIFICATE_REQUIRED"
FLAGS = {
    "cloudsql.enable_pgaudit": "on",
    "cloudsql.iam_authentication": "on",
    "log_connections": "on",
    "log_disconnections": "on",
    "pgaudit.log": "ddl,role",
}
"""Checks 36, 64 and 65; https://cloud.google.com/sql/docs/postgres/flags."""
TRACKS = ("canary", "stable", "week5")


@dataclass(frozen=True)
class DenyPeriod:
    """No maintenance between two days, `2026-12-20` or every year `12-20`; Google allows 90 days."""

    start: str
    end: str
    time: str = "00:00:00"

    def __post_init__(self) -> None:
        for day in (self.start, self.end):
            if not re.fullmatch(r"(\d{4}-)?\d{1,2}-\d{2}", day):
                raise ConfigError("deny.start and deny.end", day, "YYYY-MM-DD or MM-DD")
        if self.start.count("-") != self.end.count("-"):
            raise ConfigError("deny.end", self.end, f"a day written like {self.start}")


@dataclass(frozen=True)
class PasswordPolicy:
    """For built-in users, which this platform makes none of: whoever adds one keeps to it."""

    min_length: int = 16
    reuse_interval: int = 12

    def __post_init__(self) -> None:
        if not 12 <= self.min_length <= 72:
            raise ConfigError("password_policy.min_length", self.min_length, "12 to 72")


@dataclass(frozen=True)
class InstanceOptions:
    """`tls`: encrypted, or client certificates too (check 17). `connectors_only`: no direct connections.

    `maintenance_day` is 1 (Monday) to 7, `maintenance_hour` 0 to 23 UTC. `slow_query_ms` logs statements
    slower than that, without their parameters: those hold patient data. `final_backup_days` keeps a backup
    that many days after deletion; `transaction_log_days` is 14 by default, in edition ENTERPRISE 7 (check
    69). `flags` adds to FLAGS and cannot contradict them.
    """

    tls: str = ENCRYPTED
    connectors_only: bool = False
    maintenance_day: int = 7
    maintenance_hour: int = 3
    maintenance_track: str = "stable"
    deny: DenyPeriod | None = None
    flags: Mapping[str, str] = field(default_factory=dict)
    slow_query_ms: int | None = None
    query_plans_per_minute: int | None = None
    final_backup_days: int | None = None
    transaction_log_days: int | None = None
    password_policy: PasswordPolicy | None = None

    def __post_init__(self) -> None:
        _one_of("tls", self.tls, (ENCRYPTED, MUTUAL))
        _one_of("maintenance_track", self.maintenance_track, TRACKS)
        _between("maintenance_day", self.maintenance_day, 1, 7)
        _between("maintenance_hour", self.maintenance_hour, 0, 23)
        _between("slow_query_ms", self.slow_query_ms, 0, 2**31 - 1)
        _between("query_plans_per_minute", self.query_plans_per_minute, 0, 20)
        _between("final_backup_days", self.final_backup_days, 1, 365)
        _between("transaction_log_days", self.transaction_log_days, 1, 35)
        for flag in sorted(self.flags.keys() & FLAGS.keys()):
            if flag == "pgaudit.log" and set(FLAGS[flag].split(",")) <= set(self.flags[flag].split(",")):
                continue
            _one_of(f"flags.{flag}", self.flags[flag], (FLAGS[flag],))

    @property
    def all_flags(self) -> dict[str, str]:
        slow = {}
        if self.slow_query_ms is not None:
            slow = {"log_min_duration_statement": str(self.slow_query_ms), "log_parameter_max_length": "0"}
        return {**FLAGS, **slow, **self.flags}


def _one_of(key: str, given: str, allowed: tuple[str, ...]) -> None:
    if given not in allowed:
        raise ConfigError(key, given, allowed)


def _between(key: str, given: int | None, least: int, most: int) -> None:
    if given is not None and not least <= given <= most:
        raise ConfigError(key, given, f"{least} to {most}")
