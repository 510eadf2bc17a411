"""Connections to the tenant's database: the password is an access token, asked for anew each time."""

from __future__ import annotations

import atexit
import os
import tempfile
from collections.abc import Callable
from typing import Any

import psycopg
from sqlalchemy import Engine, create_engine, text

from runtime.settings import Database

SCHEMA = "careplane"


class WrongDatabase(Exception):
    """The database or role is not one that this runtime may use."""

    def __init__(self, found: str, allowed: str) -> None:
        super().__init__(f"the database is refused: {found}; allowed: {allowed}")
        self.found = found
        self.allowed = allowed


def connector(database: Database, password: Callable[[], str]) -> Callable[[], psycopg.Connection[Any]]:
    """Opens one connection over TLS; with a CA the server's certificate is verified."""
    login = {**target(database), "connect_timeout": 10}

    def connect() -> psycopg.Connection[Any]:
        return psycopg.connect(password=password(), options=f"-csearch_path={SCHEMA}", **login)

    return connect


def target(database: Database) -> dict[str, Any]:
    """Where and as whom to connect, over TLS: everything but the password."""
    tls = (
        {"sslmode": "verify-ca", "sslrootcert": _file(database.ca)} if database.ca else {"sslmode": "require"}
    )
    return {
        "host": database.host,
        "port": database.port,
        "dbname": database.name,
        "user": database.user,
        "application_name": "careplane-runtime",
        **tls,
    }


def make_engine(database: Database, password: Callable[[], str], pool_size: int = 4) -> Engine:
    """A connection is kept half an hour at most, so that a lost right to log in takes effect."""
    return create_engine(
        "postgresql+psycopg://",
        creator=connector(database, password),
        pool_size=pool_size,
        max_overflow=2,
        pool_pre_ping=True,
        pool_recycle=1800,
        pool_timeout=10,
    )


def require_own_database(engine: Engine, database: Database, tenant: str) -> None:
    """No superuser, no member of Cloud SQL's superuser role, no other tenant's database."""
    with engine.connect() as connection:
        name, user, superuser = connection.execute(
            text(
                "SELECT current_database(), current_user, rolsuper OR rolbypassrls"
                " FROM pg_roles WHERE rolname = current_user"
            )
        ).one()
        member = connection.execute(
            text(
                "SELECT count(*) FROM pg_roles"
                " WHERE rolname = 'cloudsqlsuperuser' AND pg_has_role(current_user, oid, 'MEMBER')"
            )
        ).scalar_one()
        owners = connection.execute(text("SELECT name FROM tenant")).scalars().all()
    if name != database.name:
        raise WrongDatabase(f"connected to {name}", database.name)
    if superuser or member:
        raise WrongDatabase(f"role {user} is a superuser", "the tenant's own role without superuser rights")
    if list(owners) != [tenant]:
        raise WrongDatabase(f"it belongs to {', '.join(owners) or 'nobody'}", f"the database of {tenant}")


def _file(pem: str) -> str:
    """libpq reads certificates from files only: one in memory, so that no process leaves it behind."""
    if hasattr(os, "memfd_create"):
        descriptor = os.memfd_create("careplane-ca")
        os.write(descriptor, pem.encode())
        return f"/proc/self/fd/{descriptor}"
    with tempfile.NamedTemporaryFile("w", prefix="careplane-ca-", suffix=".pem", delete=False) as file:
        file.write(pem)
    atexit.register(os.unlink, file.name)
    return file.name
