"""Cloud SQL Admin: users (https://cloud.google.com/sql/docs/postgres/admin-api/rest/v1beta4/users)."""

from __future__ import annotations

import psycopg

from localcloud.api import ApiError, Call, Json, already_exists, not_found
from localcloud.cloud import Cloud
from localcloud.postgres.server import Server
from localcloud.registry import behaviour
from localcloud.sql import catalog, defaults, operations, roles
from localcloud.sql.errors import invalid
from localcloud.sql.fleet import API, flags, fleet, instance_name
from localcloud.sql.instances import load, project_of, running


def _name(project: str, instance: str, user: str) -> str:
    return f"{instance_name(project, instance)}/users/{user}"


@behaviour("sql.users.insert", permission="cloudsql.users.create")
def insert(cloud: Cloud, call: Call) -> Json:
    project, instance = project_of(cloud, call), call.params["instance"]
    given = call.body or {}
    user, kind = given.get("name", ""), given.get("type") or roles.BUILT_IN
    _check(load(cloud, project, instance), user, kind)
    with fleet(cloud).lock(instance_name(project, instance)):
        server = running(cloud, project, instance)
        if roles.exists(server, user):
            raise already_exists(f"user {user}")
        roles.create(server, user, kind, given.get("password"))
        try:
            roles.grant(server, user, given.get("databaseRoles") or [])
        except ApiError:
            roles.drop(server, user)
            raise
        body = catalog.user_body(project, instance, user, kind)
        if given.get("databaseRoles"):
            body["databaseRoles"] = given["databaseRoles"]
        cloud.store.put(API, _name(project, instance, user), body)
    return operations.done(cloud, call, "CREATE_USER", project, instance)


def _check(instance: Json, user: str, kind: str) -> None:
    if kind not in roles.TYPES:
        raise invalid(f"user type {kind!r}; allowed: {', '.join(roles.TYPES)}.")
    roles.check_name(user)
    if kind == roles.BUILT_IN:
        return
    if flags(instance).get("cloudsql.iam_authentication") != "on":
        raise invalid(
            f"instance {instance['name']} needs the flag cloudsql.iam_authentication=on for IAM users."
        )
    if kind == "CLOUD_IAM_SERVICE_ACCOUNT" and not user.endswith(".iam"):
        raise invalid(
            f"service account user {user!r}: the e-mail address without .gserviceaccount.com is expected."
        )


@behaviour("sql.users.list", permission="cloudsql.users.list")
def list_all(cloud: Cloud, call: Call) -> Json:
    project, instance = project_of(cloud, call), call.params["instance"]
    load(cloud, project, instance)
    items = cloud.store.list(API, instance_name(project, instance), "users")
    return {"kind": "sql#usersList", "items": items}


@behaviour("sql.users.get", permission="cloudsql.users.get")
def get(cloud: Cloud, call: Call) -> Json:
    return _load(cloud, call, call.params["name"])


def _load(cloud: Cloud, call: Call, user: str) -> Json:
    project, instance = project_of(cloud, call), call.params["instance"]
    load(cloud, project, instance)
    name = _name(project, instance, user)
    body = cloud.store.get(API, name)
    if body is None:
        raise not_found(name)
    return body


@behaviour("sql.users.update", permission="cloudsql.users.update")
def update(cloud: Cloud, call: Call) -> Json:
    given = call.body or {}
    user = call.query.get("name") or given.get("name", "")
    body = _load(cloud, call, user)
    project, instance = body["project"], body["instance"]
    wanted = (
        [value for key, value in call.query_list if key == "databaseRoles"]
        or given.get("databaseRoles")
        or []
    )
    with fleet(cloud).lock(instance_name(project, instance)):
        server = running(cloud, project, instance)
        if given.get("password"):
            roles.set_password(server, user, given["password"])
        if call.query.get("revokeExistingRoles") == "true":
            roles.revoke_all_but(server, user, wanted)
        roles.grant(server, user, wanted)
        body["etag"] = defaults.etag()
        if wanted:
            body["databaseRoles"] = wanted
        cloud.store.put(API, _name(project, instance, user), body)
    return operations.done(cloud, call, "UPDATE_USER", project, instance)


@behaviour("sql.users.delete", permission="cloudsql.users.delete")
def delete(cloud: Cloud, call: Call) -> Json:
    user = call.query.get("name", "")
    body = _load(cloud, call, user)
    project, instance = body["project"], body["instance"]
    with fleet(cloud).lock(instance_name(project, instance)):
        server = running(cloud, project, instance)
        _drop(server, user)
        cloud.store.delete(API, _name(project, instance, user))
    return operations.done(cloud, call, "DELETE_USER", project, instance)


def _drop(server: Server, user: str) -> None:
    try:
        roles.drop(server, user)
    except psycopg.errors.DependentObjectsStillExist as error:
        message = f"Invalid request: failed to delete user {user}: {error}"
        raise ApiError(400, message, reason="invalid") from error
