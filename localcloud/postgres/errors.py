"""What can go wrong with a local PostgreSQL server.

PostgresError
├── NoAccount         root, and no unprivileged user can reach the folder
├── NoAddress         no loopback address is free
├── ServerFailed      a PostgreSQL program ended with an error
└── RecoveryFailed    a restore did not reach its moment
"""

from __future__ import annotations

from pathlib import Path


class PostgresError(Exception):
    """Base of all of them."""


class NoAccount(PostgresError):
    def __init__(self, folder: Path, tried: list[str]) -> None:
        super().__init__(
            f"PostgreSQL refuses to run as root and no unprivileged user can use {folder}; "
            f"tried: {', '.join(tried)}. Put CAREPLANE_HOME in a folder that every user may enter, "
            "or run as a normal user."
        )
        self.folder = folder
        self.tried = tried


class NoAddress(PostgresError):
    def __init__(self, name: str) -> None:
        super().__init__(f"no free loopback address for PostgreSQL server {name!r}")
        self.name = name


class ServerFailed(PostgresError):
    """Carries the program and the last lines that it wrote."""

    def __init__(self, program: str, log: str) -> None:
        tail = "\n".join(log.strip().splitlines()[-12:])
        super().__init__(f"{program} failed: {tail}")
        self.program = program
        self.log = tail


class RecoveryFailed(PostgresError):
    pass
