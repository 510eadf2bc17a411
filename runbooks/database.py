"""A tenant's rows as the tenant's own role reads them; never as an administrator."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

import psycopg
from psycopg import sql

from runbooks.google import Google

_TABLES = """
SELECT table_schema, table_name FROM information_schema.tables
WHERE table_type = 'BASE TABLE' AND table_schema NOT IN ('pg_catalog', 'information_schema') ORDER BY 1, 2
"""
VOLATILE = frozenset({"audit_heads", "alembic_version"})
"""Tables that change without anybody's request: the audit chain's head, the schema's version."""


def private_address(google: Google, project: str, instance: str) -> str:
    """The private IP address of a Cloud SQL instance."""
    found = google.call("GET", "sqlCustomEndpoint", f"projects/{project}/instances/{instance}")
    addresses = {item["type"]: item["ipAddress"] for item in found.get("ipAddresses", [])}
    return str(addresses.get("PRIVATE") or addresses["PRIMARY"])


@contextmanager
def connect(google: Google, project: str, instance: str) -> Iterator[psycopg.Connection[Any]]:
    """A read-only connection to the stack's database on an instance, by IAM login."""
    account = str(google.stack.outputs["serviceAccount"])
    with psycopg.connect(
        host=private_address(google, project, instance),
        dbname=str(google.stack.outputs["database"]),
        user=account.removesuffix(".gserviceaccount.com"),
        password=google.login_token(account),
        sslmode="require",
        connect_timeout=10,
        options="-c default_transaction_read_only=on",
    ) as connection:
        yield connection


def fingerprints(connection: psycopg.Connection[Any]) -> dict[str, str]:
    """Row count and a hash over all rows, table by table; no row leaves the database."""
    found = {}
    for schema, table in connection.execute(_TABLES).fetchall():
        if table in VOLATILE:
            continue
        statement = sql.SQL(
            "SELECT count(*), md5(coalesce(string_agg(t::text, '|' ORDER BY t::text), '')) FROM {} t"
        )
        row = connection.execute(statement.format(sql.Identifier(schema, table))).fetchone()
        found[f"{schema}.{table}"] = f"{row[0]} rows {row[1]}" if row else "0 rows"
    return found
