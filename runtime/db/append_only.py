"""The audit trail in profile `private`: administrators own its tables, the runtime adds to them.

Releases before this one let the runtime own them. What it wrote then is set aside by the administrator
(`grant_append`, the grants job) and added to the new tables by the runtime itself (`bring_over`, the
migration job): no role may read or hand over what it does not own, and administrators own the schemas.
"""

from __future__ import annotations

from typing import Any

import psycopg
from psycopg import sql

from runtime.db.engine import SCHEMA
from runtime.db.grants import FHIR_SCHEMA, close_shared, run_for_database
from runtime.fhir.database import create_tables
from runtime.fhir.rowids import BLOCK

BEFORE = "fhir_before"
OWNER = "cloudsqlsuperuser"
"""Of the database as well: https://cloud.google.com/sql/docs/postgres/users"""
_KEPT = ("resource", "history", "token", "string", "date", "reference", "quantity", "number", "uri")
_RIGHTS = (
    "REVOKE ALL ON SCHEMA fhir FROM PUBLIC, {role}",
    "REVOKE ALL ON ALL TABLES IN SCHEMA fhir FROM PUBLIC, {role}",
    "GRANT USAGE ON SCHEMA fhir TO {role}",
    "GRANT SELECT, INSERT ON ALL TABLES IN SCHEMA fhir TO {role}",
    "REVOKE INSERT ON fhir.about FROM {role}",
    "GRANT USAGE ON SEQUENCE fhir.resource_rid TO {role}",
)


def grant_append(connection: psycopg.Connection[Any], database: str, role: str) -> list[str]:
    """The statements it ran, the tables' own apart; may be done again at any time."""
    done = run_for_database(connection, database, role)
    done += _set_aside(connection, role)
    if not _relations(connection, FHIR_SCHEMA):
        connection.execute("CREATE SCHEMA IF NOT EXISTS fhir")
        connection.execute("SET LOCAL search_path = fhir")
        create_tables(connection)
    for statement in (*_RIGHTS, *_elsewhere(connection)):
        query = sql.SQL(statement).format(role=sql.Identifier(role))
        connection.execute(query)
        done.append(query.as_string(connection))
    # The trail outlives the administrator's own role, which PostgreSQL keeps while it owns anything.
    connection.execute(f"REASSIGN OWNED BY CURRENT_USER TO {OWNER}")
    connection.commit()
    return done + close_shared(connection)


def bring_over(connection: psycopg.Connection[Any]) -> int:
    """As the runtime: adds what was set aside, and lets go of it; how many resources."""
    if not _relations(connection, BEFORE):
        return 0
    newest = sql.SQL("SELECT coalesce(max(rid), 0) FROM {}.resource").format(sql.Identifier(BEFORE))
    row = connection.execute(newest).fetchone()
    connection.execute(
        "SELECT max(nextval('fhir.resource_rid')) FROM generate_series(1, %s)",
        ((row[0] if row else 0) // BLOCK + 2,),
    )
    for table in _KEPT:
        names = {"new": sql.Identifier(FHIR_SCHEMA, table), "old": sql.Identifier(BEFORE, table)}
        connection.execute(sql.SQL("INSERT INTO {new} SELECT * FROM {old}").format(**names))
    number = connection.execute("SELECT count(*) FROM fhir.resource").fetchone()
    for name, kind in _relations(connection, BEFORE):
        drop = "DROP SEQUENCE IF EXISTS {}" if kind == "S" else "DROP TABLE IF EXISTS {}"
        connection.execute(sql.SQL(drop).format(sql.Identifier(BEFORE, name)))
    connection.commit()
    return int(number[0]) if number else 0


def _set_aside(connection: psycopg.Connection[Any], role: str) -> list[str]:
    """Tables of the runtime's own; once they are gone from there, their schema goes too."""
    done = []
    owned = connection.execute(
        "SELECT 1 FROM pg_tables WHERE schemaname = %s AND tableowner = %s LIMIT 1", (FHIR_SCHEMA, role)
    ).fetchone()
    if _exists(connection, BEFORE) and not _relations(connection, BEFORE):
        done.append(f"DROP SCHEMA {BEFORE}")
    if owned:
        done.append(f"ALTER SCHEMA {FHIR_SCHEMA} RENAME TO {BEFORE}")
    for statement in done:
        connection.execute(statement)
    return done


def _elsewhere(connection: psycopg.Connection[Any]) -> list[str]:
    """No schema of the database is one to make things in."""
    others = [name for name in (SCHEMA, BEFORE) if _exists(connection, name)]
    return [f"REVOKE CREATE ON SCHEMA {name} FROM {{role}}" for name in others]


def _exists(connection: psycopg.Connection[Any], schema: str) -> bool:
    found = connection.execute("SELECT 1 FROM pg_namespace WHERE nspname = %s", (schema,)).fetchone()
    return found is not None


def _relations(connection: psycopg.Connection[Any], schema: str) -> list[tuple[str, str]]:
    """Tables and sequences, by the catalogue, which asks for no right on the schema."""
    return connection.execute(
        "SELECT relname, relkind::text FROM pg_class WHERE relkind IN ('r', 'S')"
        " AND relnamespace = (SELECT oid FROM pg_namespace WHERE nspname = %s) ORDER BY relname",
        (schema,),
    ).fetchall()
