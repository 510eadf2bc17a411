"""Databases and users of an instance as resources, kept equal to what the server holds."""

from __future__ import annotations

from localcloud.api import Call, Json
from localcloud.cloud import Cloud
from localcloud.postgres.server import Server
from localcloud.sql import defaults, roles
from localcloud.sql.fleet import API, instance_name

_HIDDEN = "cloudsqladmin"


def database_body(call: Call | None, project: str, instance: str, name: str) -> Json:
    root = f"{call.base_url}/sql/{call.version}" if call else ""
    return {
        "kind": "sql#database",
        "name": name,
        "instance": instance,
        "project": project,
        "charset": "UTF8",
        "collation": "en_US.UTF8",
        "etag": defaults.etag(),
        "selfLink": f"{root}/projects/{project}/instances/{instance}/databases/{name}",
    }


def user_body(project: str, instance: str, name: str, kind: str) -> Json:
    body: Json = {
        "kind": "sql#user",
        "name": name,
        "host": "",
        "instance": instance,
        "project": project,
        "etag": defaults.etag(),
    }
    if kind != roles.BUILT_IN:
        body["type"] = kind
    return body


def refresh(cloud: Cloud, project: str, instance: str, server: Server) -> None:
    """After a clone, a restore or a promotion: what is in the cluster is what there is."""
    base = instance_name(project, instance)
    databases = [name for name in server.databases() if name != _HIDDEN]
    users = roles.logins(server)
    with cloud.store.transaction():
        for name in cloud.store.names(API, base + "/"):
            if "/databases/" in name or "/users/" in name:
                cloud.store.delete(API, name)
        for name in databases:
            cloud.store.put(API, f"{base}/databases/{name}", database_body(None, project, instance, name))
        for name, kind in users.items():
            cloud.store.put(API, f"{base}/users/{name}", user_body(project, instance, name, kind))
