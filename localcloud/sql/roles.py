"""The roles of a Cloud SQL instance (https://cloud.google.com/sql/docs/postgres/users).

`cloudsqlsuperuser` is no superuser: it creates databases and roles and owns the databases that are made
through the API. Users made through the API join it, unless they are IAM principals.
"""

from __future__ import annotations

from psycopg import sql

from localcloud.api import ApiError
from localcloud.postgres.config import ADMIN
from localcloud.postgres.server import Server

SUPER = "cloudsqlsuperuser"
BUILT_IN = "BUILT_IN"
IAM_GROUPS = {
    "CLOUD_IAM_SERVICE_ACCOUNT": "cloudsqliamserviceaccount",
    "CLOUD_IAM_USER": "cloudsqliamuser",
    "CLOUD_IAM_GROUP": "cloudsqliamgroup",
}
TYPES = (BUILT_IN, *IAM_GROUPS)
_SYSTEM = frozenset(
    {ADMIN, SUPER, "cloudsqlagent", "cloudsqlimportexport", "cloudsqlreplica", *IAM_GROUPS.values()}
)


def bootstrap(server: Server, root_password: str | None = None) -> None:
    """Make the roles that Google makes on a new instance, and the user `postgres`."""
    with server.connect() as connection:
        connection.execute(f"CREATE ROLE {SUPER} CREATEDB CREATEROLE")
        connection.execute(f"GRANT pg_monitor, pg_signal_backend TO {SUPER} WITH ADMIN OPTION")
        for role in sorted(_SYSTEM - {ADMIN, SUPER}):
            connection.execute(sql.SQL("CREATE ROLE {}").format(sql.Identifier(role)))
        connection.execute(f"CREATE ROLE postgres LOGIN CREATEDB CREATEROLE IN ROLE {SUPER}")
        for database in ("postgres", "template1"):
            connection.execute(f"ALTER DATABASE {database} OWNER TO {SUPER}")
        connection.execute("CREATE DATABASE cloudsqladmin")
        connection.execute("REVOKE CONNECT ON DATABASE cloudsqladmin FROM PUBLIC")
    if root_password:
        set_password(server, "postgres", root_password)


def check_name(name: str) -> None:
    if not name or name in _SYSTEM or name.startswith(("pg_", "cloudsql")) or "\0" in name or len(name) > 63:
        raise ApiError(400, f"Invalid request: user name '{name}' is reserved or longer than 63 characters.")


def exists(server: Server, name: str) -> bool:
    return bool(server.rows("SELECT 1 FROM pg_roles WHERE rolname = %s", (name,)))


def create(server: Server, name: str, kind: str, password: str | None) -> None:
    """A login that has what Google gives a new user of this kind."""
    attributes = "LOGIN CREATEDB CREATEROLE" if kind == BUILT_IN else "LOGIN"
    group = SUPER if kind == BUILT_IN else IAM_GROUPS[kind]
    statement = sql.SQL("CREATE ROLE {} " + attributes + " IN ROLE {}")
    server.execute(statement.format(sql.Identifier(name), sql.Identifier(group)))
    if kind == BUILT_IN and password:
        set_password(server, name, password)


def set_password(server: Server, name: str, password: str) -> None:
    server.execute(sql.SQL("ALTER ROLE {} PASSWORD {}").format(sql.Identifier(name), sql.Literal(password)))


def grant(server: Server, name: str, roles: list[str]) -> None:
    for role in roles:
        if role in (ADMIN, *IAM_GROUPS.values()) or not exists(server, role):
            raise ApiError(
                400, f"Invalid request: database role '{role}' does not exist or cannot be granted."
            )
    for role in roles:
        server.execute(sql.SQL("GRANT {} TO {}").format(sql.Identifier(role), sql.Identifier(name)))


def revoke_all_but(server: Server, name: str, keep: list[str]) -> None:
    query = (
        "SELECT r.rolname FROM pg_auth_members m JOIN pg_roles r ON r.oid = m.roleid "
        "JOIN pg_roles u ON u.oid = m.member WHERE u.rolname = %s"
    )
    for (role,) in server.rows(query, (name,)):
        if role not in keep and role not in IAM_GROUPS.values():
            server.execute(sql.SQL("REVOKE {} FROM {}").format(sql.Identifier(role), sql.Identifier(name)))


def drop(server: Server, name: str) -> None:
    server.execute(sql.SQL("DROP ROLE IF EXISTS {}").format(sql.Identifier(name)))


def logins(server: Server) -> dict[str, str]:
    """Every user by name, with its kind, as the cluster itself knows them."""
    query = (
        "SELECT u.rolname, coalesce((SELECT g.rolname FROM pg_auth_members m JOIN pg_roles g "
        "ON g.oid = m.roleid WHERE m.member = u.oid AND g.rolname = ANY(%s) LIMIT 1), '') "
        "FROM pg_roles u WHERE u.rolcanlogin"
    )
    kinds = {group: kind for kind, group in IAM_GROUPS.items()}
    rows = server.rows(query, (list(kinds),))
    return {name: kinds.get(group, BUILT_IN) for name, group in rows if name not in _SYSTEM}
