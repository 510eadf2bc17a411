"""Clones, backups and restores: real copies of real servers."""

from __future__ import annotations

from datetime import UTC, datetime

from localcloud.api import Call, Json, already_exists
from localcloud.cloud import Cloud
from localcloud.postgres import backup, recovery
from localcloud.postgres.backup import Backup
from localcloud.postgres.errors import PostgresError
from localcloud.postgres.server import Server
from localcloud.sql import catalog, defaults
from localcloud.sql.checks import check_key, check_name
from localcloud.sql.errors import invalid, no_recovery
from localcloud.sql.fleet import API, fleet, instance_name
from localcloud.sql.instances import baseline, finish, load, new_body, running

_NOT_CLONED = ("replicaNames", "masterInstanceName", "createTime", "state", "suspensionReason", "etag")


def moment(text: str) -> datetime:
    """`pointInTime` as Google wants it: RFC 3339 with a zone; anything else is one clear refusal."""
    try:
        parsed = datetime.fromisoformat(text)
    except (TypeError, ValueError):
        raise no_recovery(
            f"{text!r} is no timestamp; expected RFC 3339 such as 2026-01-31T12:00:00Z."
        ) from None
    if parsed.tzinfo is None:
        raise no_recovery(f"{text!r} has no time zone; expected RFC 3339 such as 2026-01-31T12:00:00Z.")
    return parsed.astimezone(UTC)


def backup_before(server: Server, wanted: datetime) -> Backup:
    """The newest base backup that recovery to this moment can begin from."""
    found = backup.backups(server)
    earlier = [one for one in found if one.moment <= wanted]
    if not earlier:
        earliest = found[0].ended if found else "never"
        raise no_recovery(f"{defaults.stamp(wanted)} is before the earliest recovery time {earliest}.")
    return earlier[-1]


def _now(server: Server) -> datetime:
    return backup.server_time(server) if server.running else datetime.now(UTC)


def clone(cloud: Cloud, call: Call, project: str, instance: str, context: Json) -> Json:
    """`cloneContext`: a new instance with the source's data now, or as it was at `pointInTime`."""
    source_body = load(cloud, project, instance)
    target = context.get("destinationInstanceName", "")
    check_name(target)
    name = instance_name(project, target)
    check_key(cloud, project, source_body)
    wanted = moment(context["pointInTime"]) if context.get("pointInTime") else None
    group = fleet(cloud)
    with group.lock(name):
        if group.body(name) is not None:
            raise already_exists(name)
        source = group.server(instance_name(project, instance), source_body)
        start = _starting_point(source_body, source, wanted)
        given = {key: value for key, value in source_body.items() if key not in _NOT_CLONED} | {
            "name": target
        }
        body = new_body(cloud, call, project, given)
        server = group.server(name, body)
        try:
            if wanted is not None and start is not None:
                recovery.restore_to_moment(source, start, server, wanted)
            else:
                recovery.copy_now(running(cloud, project, instance), server)
            baseline(server)
        except PostgresError as error:
            group.forget(name)
            raise invalid(f"clone of {instance} failed: {error}") from error
        body["settings"] = body["settings"] | {"settingsVersion": "1"}
        finish(cloud, body, server)
    return body


def _starting_point(body: Json, source: Server, wanted: datetime | None) -> Backup | None:
    if wanted is None:
        return None
    if not body["settings"].get("backupConfiguration", {}).get("pointInTimeRecoveryEnabled"):
        raise no_recovery(f"cannot be used: point-in-time recovery is not enabled on {body['name']}.")
    now = _now(source)
    if wanted > now:
        raise no_recovery(f"{defaults.stamp(wanted)} is in the future; it is {defaults.stamp(now)}.")
    return backup_before(source, wanted)


def run_body(call: Call, body: Json, one: Backup, given: Json) -> Json:
    """A backup run as a resource."""
    key = body.get("diskEncryptionConfiguration", {}).get("kmsKeyName")
    run: Json = {
        "kind": "sql#backupRun",
        "id": one.id,
        "instance": body["name"],
        "status": "SUCCESSFUL",
        "type": "ON_DEMAND",
        "backupKind": "SNAPSHOT",
        "databaseVersion": body["databaseVersion"],
        "location": given.get("location")
        or body["settings"].get("backupConfiguration", {}).get("location")
        or body["region"],
        "description": given.get("description", ""),
        "selfLink": f"{call.base_url}/sql/{call.version}/projects/{body['project']}/instances/{body['name']}"
        f"/backupRuns/{one.id}",
    }
    for field, text in (
        ("enqueuedTime", one.started),
        ("windowStartTime", one.started),
        ("startTime", one.started),
        ("endTime", one.ended),
    ):
        run[field] = defaults.stamp(datetime.fromisoformat(text))
    if key:
        run["diskEncryptionConfiguration"] = {"kind": "sql#diskEncryptionConfiguration", "kmsKeyName": key}
    return run


def take_backup(cloud: Cloud, call: Call, project: str, instance: str) -> Json:
    name = instance_name(project, instance)
    with fleet(cloud).lock(name):
        body = load(cloud, project, instance)
        check_key(cloud, project, body)
        server = running(cloud, project, instance)
        one = backup.take(server, str(int(datetime.now(UTC).timestamp() * 1000)))
        run = run_body(call, body, one, call.body or {})
        cloud.store.put(API, f"{name}/backupRuns/{one.id}", run)
    return run


def restore(cloud: Cloud, project: str, instance: str, context: Json) -> None:
    """Give up what the instance holds for what a backup (its own or another instance's) holds."""
    name = instance_name(project, instance)
    source_project = context.get("project") or project
    source_instance = context.get("instanceId") or instance
    group = fleet(cloud)
    with group.lock(name):
        body = load(cloud, project, instance)
        source_body = load(cloud, source_project, source_instance)
        if body["databaseVersion"] != source_body["databaseVersion"]:
            raise invalid(
                f"a backup of {source_body['databaseVersion']} cannot be restored to "
                f"{body['databaseVersion']}."
            )
        if body.get("replicaNames") or body.get("masterInstanceName"):
            raise invalid(f"instance {instance} has or is a replica; a backup cannot be restored to it.")
        check_key(cloud, project, body)
        source = group.server(instance_name(source_project, source_instance), source_body)
        wanted = str(context.get("backupRunId", ""))
        one = next((one for one in backup.backups(source) if one.id == wanted), None)
        if one is None:
            raise invalid(f"backup run '{wanted}' of instance {source_instance} does not exist.")
        server = group.server(name, body)
        try:
            recovery.restore_backup(source, one, server)
            baseline(server)
        except PostgresError as error:
            raise invalid(f"restore to {instance} failed: {error}") from error
        catalog.refresh(cloud, project, instance, server)
