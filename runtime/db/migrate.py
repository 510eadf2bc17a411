"""Brings the schema up to date with Alembic, one runner at a time."""

from __future__ import annotations

from pathlib import Path

from sqlalchemy import Connection, Engine, insert, select, text

from runtime.db.engine import WrongDatabase
from runtime.db.tables import tenant as tenant_table

_LOCK = 4_711_017
"""PostgreSQL's advisory lock of the migration."""


def migrate(engine: Engine, tenant: str) -> None:
    """To the newest revision; marks the database as this tenant's."""
    with engine.connect() as connection:
        if connection.dialect.name == "postgresql":
            connection.execute(text("SELECT pg_advisory_lock(:key)"), {"key": _LOCK})
            connection.commit()
        upgrade(connection)
        _claim(connection, tenant)
        connection.commit()


def upgrade(connection: Connection) -> None:
    from alembic import command
    from alembic.config import Config

    config = Config()
    config.set_main_option("script_location", str(Path(__file__).with_name("migrations")).replace("%", "%%"))
    config.attributes["connection"] = connection
    command.upgrade(config, "head")
    connection.commit()


def _claim(connection: Connection, tenant: str) -> None:
    owners = list(connection.execute(select(tenant_table.c.name)).scalars())
    if owners and owners != [tenant]:
        raise WrongDatabase(f"it belongs to {', '.join(owners)}", f"the database of {tenant}")
    if not owners:
        connection.execute(insert(tenant_table).values(name=tenant))
