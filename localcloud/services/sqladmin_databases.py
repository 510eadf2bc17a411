"""Cloud SQL Admin: databases. Made through the API they are owned by `cloudsqlsuperuser`, as on Google."""

from __future__ import annotations

import psycopg
from psycopg import sql

from localcloud.api import ApiError, Call, Json, already_exists, not_found
from localcloud.cloud import Cloud
from localcloud.registry import behaviour
from localcloud.sql import catalog, defaults, operations, roles
from localcloud.sql.errors import invalid
from localcloud.sql.fleet import API, fleet, instance_name
from localcloud.sql.instances import load, project_of, running

_RESERVED = ("cloudsqladmin", "template0", "template1")


@behaviour("sql.databases.insert", permission="cloudsql.databases.create")
def insert(cloud: Cloud, call: Call) -> Json:
    project, instance = project_of(cloud, call), call.params["instance"]
    given = call.body or {}
    database = given.get("name", "")
    if not database or database in _RESERVED or len(database.encode()) > 63:
        raise invalid(f"database name {database!r} is empty, reserved or longer than 63 bytes.")
    with fleet(cloud).lock(instance_name(project, instance)):
        server = running(cloud, project, instance)
        if not server.create_database(database, roles.SUPER):
            raise already_exists(f"database {database}")
        extra = {key: given[key] for key in ("charset", "collation") if given.get(key)}
        body = catalog.database_body(call, project, instance, database) | extra
        cloud.store.put(API, _name(project, instance, database), body)
    return operations.done(cloud, call, "CREATE_DATABASE", project, instance)


def _name(project: str, instance: str, database: str) -> str:
    return f"{instance_name(project, instance)}/databases/{database}"


@behaviour("sql.databases.get", permission="cloudsql.databases.get")
def get(cloud: Cloud, call: Call) -> Json:
    project, instance = project_of(cloud, call), call.params["instance"]
    load(cloud, project, instance)
    name = _name(project, instance, call.params["database"])
    body = cloud.store.get(API, name)
    if body is None:
        raise not_found(name)
    return body


@behaviour("sql.databases.list", permission="cloudsql.databases.list")
def list_all(cloud: Cloud, call: Call) -> Json:
    project, instance = project_of(cloud, call), call.params["instance"]
    load(cloud, project, instance)
    items = cloud.store.list(API, instance_name(project, instance), "databases")
    return {"kind": "sql#databasesList", "items": items}


@behaviour("sql.databases.patch", "sql.databases.update", permission="cloudsql.databases.update")
def patch(cloud: Cloud, call: Call) -> Json:
    """Charset and collation are fixed once a database exists, as PostgreSQL fixes them."""
    body = get(cloud, call)
    for key in ("charset", "collation"):
        if (call.body or {}).get(key, body[key]) != body[key]:
            raise invalid(f"{key} of a PostgreSQL database cannot be changed.")
    project, instance = body["project"], body["instance"]
    cloud.store.put(API, _name(project, instance, body["name"]), body | {"etag": defaults.etag()})
    return operations.done(cloud, call, "UPDATE_DATABASE", project, instance)


@behaviour("sql.databases.delete", permission="cloudsql.databases.delete")
def delete(cloud: Cloud, call: Call) -> Json:
    body = get(cloud, call)
    project, instance = body["project"], body["instance"]
    with fleet(cloud).lock(instance_name(project, instance)):
        server = running(cloud, project, instance)
        try:
            server.execute(sql.SQL("DROP DATABASE IF EXISTS {}").format(sql.Identifier(body["name"])))
        except psycopg.errors.ObjectInUse as error:
            message = f'Invalid request: failed to delete database "{body["name"]}". Detail: {error}'
            raise ApiError(400, message, reason="invalid") from error
        cloud.store.delete(API, _name(project, instance, body["name"]))
    return operations.done(cloud, call, "DELETE_DATABASE", project, instance)
