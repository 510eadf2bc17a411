"""Cloud SQL Admin: clones, backup runs, restores and replicas."""

from __future__ import annotations

from localcloud.api import Call, Json
from localcloud.cloud import Cloud
from localcloud.pages import page
from localcloud.postgres import backup
from localcloud.registry import behaviour
from localcloud.sql import copies, operations, replicas
from localcloud.sql.errors import invalid, no_instance
from localcloud.sql.fleet import API, fleet, instance_name
from localcloud.sql.instances import load, project_of


@behaviour("sql.instances.clone", permission="cloudsql.instances.clone")
def clone(cloud: Cloud, call: Call) -> Json:
    project = project_of(cloud, call)
    context = _context(call, "cloneContext")
    body = copies.clone(cloud, call, project, call.params["instance"], context)
    return operations.done(cloud, call, "CLONE", project, body["name"])


@behaviour("sql.instances.restoreBackup", permission="cloudsql.instances.restoreBackup")
def restore_backup(cloud: Cloud, call: Call) -> Json:
    project, instance = project_of(cloud, call), call.params["instance"]
    copies.restore(cloud, project, instance, _context(call, "restoreBackupContext"))
    return operations.done(cloud, call, "RESTORE_VOLUME", project, instance)


def _context(call: Call, key: str) -> Json:
    context = (call.body or {}).get(key)
    if not isinstance(context, dict):
        raise invalid(f"{key} is required.")
    return context


@behaviour("sql.backupRuns.insert", permission="cloudsql.backupRuns.create")
def insert_backup(cloud: Cloud, call: Call) -> Json:
    project, instance = project_of(cloud, call), call.params["instance"]
    run = copies.take_backup(cloud, call, project, instance)
    return operations.done(
        cloud,
        call,
        "BACKUP_VOLUME",
        project,
        instance,
        backupContext={"kind": "sql#backupContext", "backupId": run["id"]},
    )


@behaviour("sql.backupRuns.list", permission="cloudsql.backupRuns.list")
def list_backups(cloud: Cloud, call: Call) -> Json:
    project, instance = project_of(cloud, call), call.params["instance"]
    load(cloud, project, instance)
    items = cloud.store.list(API, instance_name(project, instance), "backupRuns")
    return {"kind": "sql#backupRunsList", **page(call, "items", items[::-1])}


@behaviour("sql.backupRuns.get", permission="cloudsql.backupRuns.get")
def get_backup(cloud: Cloud, call: Call) -> Json:
    return _backup(cloud, call)[1]


@behaviour("sql.backupRuns.delete", permission="cloudsql.backupRuns.delete")
def delete_backup(cloud: Cloud, call: Call) -> Json:
    project, instance = project_of(cloud, call), call.params["instance"]
    name, run = _backup(cloud, call)
    backup.remove(fleet(cloud).server(instance_name(project, instance)), run["id"])
    cloud.store.delete(API, name)
    return operations.done(cloud, call, "DELETE_VOLUME", project, instance)


def _backup(cloud: Cloud, call: Call) -> tuple[str, Json]:
    name = f"{instance_name(project_of(cloud, call), call.params['instance'])}/backupRuns/{call.params['id']}"
    run = cloud.store.get(API, name)
    if run is None:
        raise no_instance(name)
    return name, run


@behaviour("sql.instances.promoteReplica", permission="cloudsql.instances.promoteReplica")
def promote_replica(cloud: Cloud, call: Call) -> Json:
    project, instance = project_of(cloud, call), call.params["instance"]
    replicas.promote(cloud, project, instance)
    return operations.done(cloud, call, "PROMOTE_REPLICA", project, instance)


@behaviour("sql.instances.switchover", permission="cloudsql.instances.promoteReplica")
def switchover(cloud: Cloud, call: Call) -> Json:
    project, instance = project_of(cloud, call), call.params["instance"]
    replicas.switch_over(cloud, project, instance)
    return operations.done(cloud, call, "SWITCHOVER", project, instance)


@behaviour("sql.instances.startReplica", permission="cloudsql.instances.startReplica")
def start_replica(cloud: Cloud, call: Call) -> Json:
    return _paused(cloud, call, "START_REPLICA", False)


@behaviour("sql.instances.stopReplica", permission="cloudsql.instances.stopReplica")
def stop_replica(cloud: Cloud, call: Call) -> Json:
    return _paused(cloud, call, "STOP_REPLICA", True)


def _paused(cloud: Cloud, call: Call, kind: str, paused: bool) -> Json:
    project, instance = project_of(cloud, call), call.params["instance"]
    replicas.pause(cloud, project, instance, paused)
    return operations.done(cloud, call, kind, project, instance)
