"""`postgresql.conf` and `pg_hba.conf`; both lie beside the data, so that a copy of it brings neither."""

from __future__ import annotations

import shlex
import subprocess
from collections.abc import Mapping
from dataclasses import dataclass, field
from functools import cache
from pathlib import Path

from localcloud.postgres.addresses import Address
from localcloud.postgres.binaries import programs

ADMIN = "cloudsqladmin"
"""The only superuser; it may connect over the private unix socket only."""

_SMALL = {
    "shared_buffers": "16MB",
    "max_connections": "100",
    "work_mem": "4MB",
    "maintenance_work_mem": "32MB",
    "max_wal_size": "64MB",
    "min_wal_size": "8MB",
    "wal_keep_size": "32MB",
    "max_worker_processes": "4",
    "max_logical_replication_workers": "0",
    "autovacuum_max_workers": "1",
    "jit": "off",
    "timezone": "UTC",
    "log_timezone": "UTC",
    "log_min_duration_statement": "-1",
}


@dataclass(frozen=True)
class Radius:
    """Where a server asks whether a password (an access token) is good."""

    port: int
    secret: str
    identifier: str


@dataclass(frozen=True)
class Options:
    """What may differ between servers and change during a server's life."""

    flags: Mapping[str, str] = field(default_factory=dict)
    tls: bool = True
    """Serve clients on the address through the TLS proxy; otherwise the unix socket is all there is."""
    tls_only: bool = False
    radius: Radius | None = None
    radius_roles: tuple[str, ...] = ()


def quoted(value: str) -> str:
    return "'" + value.replace("'", "''") + "'"


@cache
def known_settings(number: int) -> frozenset[str]:
    """Every setting that this PostgreSQL has."""
    command = [str(programs(number) / "postgres"), "--describe-config"]
    lines = subprocess.run(command, capture_output=True, text=True, check=True).stdout.splitlines()
    return frozenset(line.split("\t")[0] for line in lines)


def archive_command(archive: Path) -> str:
    """Copy a WAL segment so that a half-written copy never has its name."""
    target = shlex.quote(str(archive)).replace("%", "%%")
    return f"test -f {target}/%f || {{ cp %p {target}/.%f && mv {target}/.%f {target}/%f; }}"


def restore_command(archive: Path) -> str:
    return f"cp {shlex.quote(str(archive)).replace('%', '%%')}/%f %p"


def server_settings(
    folder: Path, sockets: Path, address: Address, number: int, options: Options
) -> dict[str, str]:
    """Small defaults, then the flags that were asked for, then what is not open to choice."""
    fixed = {
        "listen_addresses": address.host if options.tls else "",
        "port": str(address.backend_port),
        "unix_socket_directories": str(sockets),
        "unix_socket_permissions": "0700",
        "hba_file": str(folder / "pg_hba.conf"),
        "fsync": "on",
        "full_page_writes": "on",
        "wal_level": "replica",
        "wal_log_hints": "on",
        "hot_standby": "on",
        "max_wal_senders": "10",
        "archive_mode": "on",
        "archive_command": archive_command(folder / "archive"),
        "archive_timeout": "10",
        "password_encryption": "scram-sha-256",
        "logging_collector": "off",
        "log_destination": "stderr",
        "log_line_prefix": "%m [%p] %q%u@%d ",
    }
    if number >= 18:
        fixed["io_method"] = "sync"
    own = {name: value for name, value in options.flags.items() if not name.startswith("cloudsql.")}
    return {**_SMALL, **own, **fixed}


def conf_text(settings: Mapping[str, str]) -> str:
    return "".join(f"{name} = {quoted(value)}\n" for name, value in settings.items())


def hba_text(options: Options) -> str:
    """Who may come in: the superuser by socket alone, IAM roles by token, the rest by password."""
    lines = ["local all all trust", "local replication all trust", f"host all {ADMIN} all reject"]
    for role in options.radius_roles:
        if options.radius is None:
            lines.append(f"host all +{role} all reject")
            continue
        lines.append(
            f'host all +{role} all radius radiusservers="127.0.0.1" '
            f'radiusports="{options.radius.port}" radiussecrets="{options.radius.secret}" '
            f'radiusidentifiers="{options.radius.identifier}"'
        )
    lines.append("host all all 127.0.0.0/8 scram-sha-256")
    return "\n".join(lines) + "\n"
