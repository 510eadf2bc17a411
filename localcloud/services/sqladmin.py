"""Cloud SQL Admin: instances (https://cloud.google.com/sql/docs/postgres/admin-api/rest/v1beta4/instances)."""

from __future__ import annotations

from localcloud import cmek
from localcloud.api import Call, Json
from localcloud.cloud import Cloud
from localcloud.pages import page
from localcloud.postgres import backup
from localcloud.registry import behaviour, on_fault, on_start, on_stop
from localcloud.sql import defaults, fleet, instances, operations
from localcloud.sql.fleet import API, instance_name
from localcloud.sql.instances import load, project_of


@on_start
def start(cloud: Cloud) -> None:
    fleet.fleet(cloud).start_all()


@on_stop
def stop(cloud: Cloud) -> None:
    fleet.close(cloud)


@cmek.on_key_change
def key_changed(cloud: Cloud, key: str) -> None:
    """What a key protects stops or comes back before the change is answered."""
    group = fleet.existing(cloud)
    if group is None:
        return
    for name in group.names():
        body = group.body(name) or {}
        used = body.get("diskEncryptionConfiguration", {}).get("kmsKeyName")
        if used and cmek.key_of(used) == cmek.key_of(key):
            group.look_after_now(name)


@on_fault("instance-killed")
@on_fault("network-cut")
@on_fault("region-down")
def fault_changed(cloud: Cloud, target: str, parameters: Json | None) -> None:
    """A fault takes effect, and ends, at once."""
    group = fleet.existing(cloud)
    if group is None:
        return
    for name in group.names():
        if target in ("*", name, name.rpartition("/")[2], (group.body(name) or {}).get("region")):
            group.look_after_now(name)


@behaviour("sql.instances.insert", permission="cloudsql.instances.create")
def insert(cloud: Cloud, call: Call) -> Json:
    project = project_of(cloud, call)
    body = instances.insert(cloud, call, project)
    kind = "CREATE_REPLICA" if body.get("masterInstanceName") else "CREATE"
    return operations.done(cloud, call, kind, project, body["name"])


@behaviour("sql.instances.get", permission="cloudsql.instances.get")
def get(cloud: Cloud, call: Call) -> Json:
    return load(cloud, project_of(cloud, call), call.params["instance"])


@behaviour("sql.instances.list", permission="cloudsql.instances.list")
def list_all(cloud: Cloud, call: Call) -> Json:
    items = cloud.store.list(API, f"projects/{project_of(cloud, call)}", "instances")
    return {"kind": "sql#instancesList", **page(call, "items", items)}


@behaviour("sql.instances.patch", permission="cloudsql.instances.update")
def patch(cloud: Cloud, call: Call) -> Json:
    return _changed(cloud, call, whole_settings=False)


@behaviour("sql.instances.update", permission="cloudsql.instances.update")
def update(cloud: Cloud, call: Call) -> Json:
    return _changed(cloud, call, whole_settings=True)


def _changed(cloud: Cloud, call: Call, whole_settings: bool) -> Json:
    project, instance = project_of(cloud, call), call.params["instance"]
    instances.change(cloud, project, instance, call.body or {}, whole_settings)
    return operations.done(cloud, call, "UPDATE", project, instance)


@behaviour("sql.instances.delete", permission="cloudsql.instances.delete")
def delete(cloud: Cloud, call: Call) -> Json:
    project, instance = project_of(cloud, call), call.params["instance"]
    instances.delete(cloud, project, instance)
    return operations.done(cloud, call, "DELETE", project, instance)


@behaviour("sql.instances.restart", permission="cloudsql.instances.restart")
def restart(cloud: Cloud, call: Call) -> Json:
    return _restarted(cloud, call, "RESTART", "fast")


@behaviour("sql.instances.failover", permission="cloudsql.instances.failover")
def failover(cloud: Cloud, call: Call) -> Json:
    """The standby zone takes over: to clients a crash of the server and its recovery."""
    return _restarted(cloud, call, "FAILOVER", "immediate")


def _restarted(cloud: Cloud, call: Call, kind: str, mode: str) -> Json:
    project, instance = project_of(cloud, call), call.params["instance"]
    group, name = fleet.fleet(cloud), instance_name(project, instance)
    with group.lock(name):
        instances.running(cloud, project, instance).stop(mode)
        group.start(name)
    return operations.done(cloud, call, kind, project, instance)


@behaviour("sql.connect.get", permission="cloudsql.instances.connect")
def connect_settings(cloud: Cloud, call: Call) -> Json:
    body = load(cloud, project_of(cloud, call), call.params["instance"])
    kept = ("serverCaCert", "ipAddresses", "region", "databaseVersion", "backendType")
    return {"kind": "sql#connectSettings", **{key: body[key] for key in kept}}


@behaviour("sql.instances.listServerCas", permission="cloudsql.instances.listServerCas")
def list_server_cas(cloud: Cloud, call: Call) -> Json:
    certificate = load(cloud, project_of(cloud, call), call.params["instance"])["serverCaCert"]
    return {
        "kind": "sql#instancesListServerCas",
        "certs": [certificate],
        "activeVersion": certificate["sha1Fingerprint"],
    }


@behaviour("sql.sslCerts.list", permission="cloudsql.sslCerts.list")
def list_client_certificates(cloud: Cloud, call: Call) -> Json:
    load(cloud, project_of(cloud, call), call.params["instance"])
    return {"kind": "sql#sslCertsList"}


@behaviour("sql.projects.instances.getLatestRecoveryTime", permission="cloudsql.instances.get")
def latest_recovery_time(cloud: Cloud, call: Call) -> Json:
    project, instance = project_of(cloud, call), call.params["instance"]
    server = instances.running(cloud, project, instance)
    return {
        "kind": "sql#getLatestRecoveryTime",
        "latestRecoveryTime": defaults.stamp(backup.server_time(server)),
        "earliestRecoveryTime": defaults.stamp(backup.backups(server)[0].moment),
    }
