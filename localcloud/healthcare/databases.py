"""One PostgreSQL database and one role for each FHIR store, on localcloud's own server."""

from __future__ import annotations

import hashlib

from psycopg import sql
from psycopg.conninfo import make_conninfo

from localcloud.cloud import Cloud
from localcloud.postgres.shared import fhir_server


def database_of(store: str) -> str:
    """The name of a store's database, and of the role that owns it."""
    return "fhir_" + hashlib.sha256(store.encode()).hexdigest()[:24]


def make(cloud: Cloud, store: str) -> None:
    """A new, empty database; what an earlier store of the same name left is dropped."""
    drop(cloud, store)
    server, name = fhir_server(cloud), database_of(store)
    server.execute(
        sql.SQL("CREATE ROLE {} LOGIN NOSUPERUSER NOCREATEDB NOCREATEROLE").format(sql.Identifier(name))
    )
    server.create_database(name, owner=name)
    server.execute(sql.SQL("REVOKE CONNECT ON DATABASE {} FROM PUBLIC").format(sql.Identifier(name)))


def drop(cloud: Cloud, store: str) -> None:
    server, name = fhir_server(cloud), database_of(store)
    server.drop_database(name)
    server.execute(sql.SQL("DROP ROLE IF EXISTS {}").format(sql.Identifier(name)))


def dsn(cloud: Cloud, store: str) -> str:
    """The store's own role, over the unix socket that only localcloud can reach."""
    name = database_of(store)
    return make_conninfo(fhir_server(cloud).dsn(name), user=name)
