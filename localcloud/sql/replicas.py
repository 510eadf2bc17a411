"""Replicas: promotion, switchover, pausing. The servers stream for real."""

from __future__ import annotations

from localcloud.api import Json
from localcloud.cloud import Cloud
from localcloud.postgres import recovery
from localcloud.postgres.errors import PostgresError
from localcloud.sql.errors import invalid
from localcloud.sql.fleet import fleet, instance_name
from localcloud.sql.instances import baseline, detach, load, running, save


def replica(cloud: Cloud, project: str, instance: str) -> Json:
    body = load(cloud, project, instance)
    if not body.get("masterInstanceName"):
        raise invalid(f"instance {instance} is not a replica.")
    return body


def _now_primary(body: Json) -> Json:
    body = {key: value for key, value in body.items() if key != "masterInstanceName"}
    return body | {"instanceType": "CLOUD_SQL_INSTANCE"}


def _now_replica(body: Json, master: str) -> Json:
    body = {key: value for key, value in body.items() if key != "replicaNames"}
    return body | {"instanceType": "READ_REPLICA_INSTANCE", "masterInstanceName": master}


def promote(cloud: Cloud, project: str, instance: str) -> None:
    """The replica becomes an instance of its own; its former primary need not be there."""
    name = instance_name(project, instance)
    group = fleet(cloud)
    with group.lock(name):
        body = replica(cloud, project, instance)
        server = running(cloud, project, instance)
        try:
            recovery.promote(server)
            baseline(server)
        except PostgresError as error:
            raise invalid(f"promotion of {instance} failed: {error}") from error
        save(cloud, _now_primary(body))
    detach(cloud, body)


def switch_over(cloud: Cloud, project: str, instance: str) -> None:
    """The replica and its primary change places; no commit is lost, other replicas follow the new primary."""
    body = replica(cloud, project, instance)
    master = body["masterInstanceName"].rpartition(":")[2]
    group = fleet(cloud)
    first, second = sorted((instance_name(project, instance), instance_name(project, master)))
    with group.lock(first), group.lock(second):
        old = load(cloud, project, master)
        primary, standby = running(cloud, project, master), running(cloud, project, instance)
        try:
            recovery.switch_over(primary, standby)
            baseline(standby)
        except PostgresError as error:
            raise invalid(f"switchover of {instance} failed: {error}") from error
        others = [name for name in old.get("replicaNames", []) if name != instance]
        save(cloud, _now_primary(body) | {"replicaNames": sorted([*others, master])})
        save(cloud, _now_replica(old, instance))
    for other in others:
        _follow(cloud, project, other, instance)


def _follow(cloud: Cloud, project: str, instance: str, master: str) -> None:
    name = instance_name(project, instance)
    with fleet(cloud).lock(name):
        save(cloud, _now_replica(load(cloud, project, instance), master))
        fleet(cloud).server(name).stop()
        fleet(cloud).start(name)


def pause(cloud: Cloud, project: str, instance: str, paused: bool) -> None:
    """`stopReplica` and `startReplica`: hold and resume the replay of what the primary sends."""
    replica(cloud, project, instance)
    function = "pg_wal_replay_pause" if paused else "pg_wal_replay_resume"
    running(cloud, project, instance).execute(f"SELECT {function}()")
