"""What the cell's database administrator does before a tenant takes traffic; may be done again at any time.

Whoever can log in may otherwise connect to every database of the instance
(PostgreSQL grants CONNECT to PUBLIC), and no one but the owner may create in one.
Tenants of a pooled instance could meet in `postgres`, or sit in `template1` so that
no further database can be made from it: those are closed too.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

import psycopg
from psycopg import sql

from runtime.db.engine import SCHEMA

FHIR_SCHEMA = "fhir"
SHARED = ("postgres", "template1")


def grant(
    connection: psycopg.Connection[Any], database: str, role: str, schemas: Sequence[str] = (SCHEMA,)
) -> list[str]:
    """The statements it ran."""
    done = run_for_database(connection, database, role)
    for schema in schemas:
        named = {"role": sql.Identifier(role), "schema": sql.Identifier(schema)}
        done += [_run(connection, statement, named) for statement in _SCHEMA]
    connection.commit()
    return done + close_shared(connection)


def run_for_database(connection: psycopg.Connection[Any], database: str, role: str) -> list[str]:
    """Nobody but the role may connect, and nobody makes anything in `public`."""
    names = {"database": sql.Identifier(database), "role": sql.Identifier(role)}
    return [_run(connection, statement, names) for statement in _DATABASE]


def close_shared(connection: psycopg.Connection[Any]) -> list[str]:
    """The databases that belong to no tenant."""
    return [each for name in SHARED if (each := _close(connection, name))]


_DATABASE = (
    "REVOKE ALL ON DATABASE {database} FROM PUBLIC",
    "GRANT CONNECT ON DATABASE {database} TO {role}",
    "REVOKE ALL ON SCHEMA public FROM PUBLIC",
)
_SCHEMA = (
    "CREATE SCHEMA IF NOT EXISTS {schema}",
    "REVOKE ALL ON SCHEMA {schema} FROM PUBLIC",
    "GRANT USAGE, CREATE ON SCHEMA {schema} TO {role}",
)


def _run(connection: psycopg.Connection[Any], statement: str, names: Mapping[str, sql.Identifier]) -> str:
    query = sql.SQL(statement).format(**{k: v for k, v in names.items() if "{" + k + "}" in statement})
    connection.execute(query)
    return query.as_string(connection)


def _close(connection: psycopg.Connection[Any], database: str) -> str | None:
    """Nothing where it is closed already, or belongs to another role than Cloud SQL gives it to."""
    row = connection.execute(
        "SELECT pg_has_role(datdba, 'MEMBER') AND has_database_privilege('public', oid, 'CONNECT')"
        " FROM pg_database WHERE datname = %s",
        (database,),
    ).fetchone()
    statement = sql.SQL("REVOKE ALL ON DATABASE {} FROM PUBLIC").format(sql.Identifier(database))
    try:
        if row == (True,):
            connection.execute(statement)
        connection.commit()
    except psycopg.errors.InternalError_:
        # "tuple concurrently updated": another tenant's job does the same at this moment.
        connection.rollback()
    return statement.as_string(connection) if row == (True,) else None
