"""Making, changing and ending instances: the resource and its server together."""

from __future__ import annotations

from typing import Any

from localcloud import projects
from localcloud.api import ApiError, Call, Json, already_exists
from localcloud.cloud import Cloud
from localcloud.postgres import backup, recovery
from localcloud.postgres.errors import PostgresError
from localcloud.postgres.server import Server
from localcloud.sql import catalog, defaults, roles
from localcloud.sql.checks import check_flags, check_instance, check_network
from localcloud.sql.errors import invalid, no_instance, wrong_state
from localcloud.sql.fleet import API, Fleet, flags, fleet, instance_name

BASELINE = "baseline"
"""Prefix of the base backups that localcloud takes by itself, so that recovery reaches back to the start."""

_PROTECTED = (
    "The instance is protected. Please disable the deletion protection and try again. To disable deletion "
    "protection, update the instance settings with deletionProtectionEnabled set to false."
)
_COMPUTED = (
    "kind",
    "project",
    "selfLink",
    "etag",
    "state",
    "name",
    "region",
    "connectionName",
    "serverCaCert",
    "ipAddresses",
    "createTime",
    "instanceType",
    "databaseInstalledVersion",
    "suspensionReason",
)


def project_of(cloud: Cloud, call: Call) -> str:
    return projects.project_id(cloud, call.params["project"])


def load(cloud: Cloud, project: str, instance: str) -> Json:
    body = cloud.store.get(API, instance_name(project, instance))
    if body is None:
        raise no_instance(f"{project}:{instance}")
    return body


def save(cloud: Cloud, body: Json) -> None:
    body["etag"] = defaults.etag()
    cloud.store.put(API, instance_name(body["project"], body["name"]), body)


def running(cloud: Cloud, project: str, instance: str) -> Server:
    """The server of an instance that must be up; Google's error where it is not."""
    body = load(cloud, project, instance)
    server = fleet(cloud).server(instance_name(project, instance), body)
    if not server.running:
        raise wrong_state(f"Invalid request: instance {instance} is not running ({body['state']}).")
    return server


def baseline(server: Server) -> None:
    """A base backup on the present line of history."""
    count = sum(one.id.startswith(BASELINE) for one in backup.backups(server))
    backup.take(server, f"{BASELINE}-{count + 1}")


def new_body(cloud: Cloud, call: Call, project: str, given: Json) -> Json:
    """The complete resource, with its server's address and certificate, not stored yet."""
    name = instance_name(project, given["name"])
    base = f"{call.base_url}/sql/{call.version}"
    body = defaults.computed(given, project, projects.number(cloud, project), cloud.clock.now(), base)
    body.pop("rootPassword", None)
    server = fleet(cloud).server(name, body)
    server.prepare()
    certificate = defaults.certificate(server.ca_certificate(), body["name"])
    body["serverCaCert"] = certificate
    body["ipAddresses"] = defaults.addresses(body["settings"], server.address)
    return body


def insert(cloud: Cloud, call: Call, project: str) -> Json:
    """A new instance: an empty primary, or a replica of `masterInstanceName`."""
    given = defaults.with_settings(dict(call.body or {}))
    check_instance(cloud, project, given)
    name = instance_name(project, given["name"])
    group = fleet(cloud)
    with group.lock(name):
        if group.body(name) is not None:
            raise already_exists(name)
        body = new_body(cloud, call, project, given)
        try:
            _begin(cloud, group, body, (call.body or {}).get("rootPassword"))
        except (PostgresError, ApiError) as error:
            cloud.store.delete(API, name)
            group.forget(name)
            raise error if isinstance(error, ApiError) else invalid(str(error)) from error
    return body


def _begin(cloud: Cloud, group: Fleet, body: Json, password: str | None) -> None:
    server = group.server(instance_name(body["project"], body["name"]), body)
    if body.get("masterInstanceName"):
        _begin_replica(cloud, body, server)
        return
    server.ensure_started()
    roles.bootstrap(server, password)
    baseline(server)
    finish(cloud, body, server)
    if body["settings"].get("activationPolicy") == "NEVER":
        server.stop()


def _begin_replica(cloud: Cloud, body: Json, server: Server) -> None:
    master = body["masterInstanceName"].rpartition(":")[2]
    primary = load(cloud, body["project"], master)
    source = running(cloud, body["project"], master)
    recovery.make_standby(source, server)
    finish(cloud, body, server)
    primary["replicaNames"] = sorted({*primary.get("replicaNames", []), body["name"]})
    save(cloud, primary)


def finish(cloud: Cloud, body: Json, server: Server) -> None:
    """Store the instance and list what its server holds."""
    save(cloud, body)
    catalog.refresh(cloud, body["project"], body["name"], server)


def change(cloud: Cloud, project: str, instance: str, given: Json, whole_settings: bool) -> Json:
    """`patch` merges deeply; `update` merges too but takes each given setting whole (never a replacement)."""
    name = instance_name(project, instance)
    with fleet(cloud).lock(name):
        old = load(cloud, project, instance)
        given = {key: value for key, value in given.items() if key not in _COMPUTED}
        _check_version(old, given)
        new = _merged(old, given, whole_settings)
        check_flags(new)
        if new["settings"].get("ipConfiguration") != old["settings"].get("ipConfiguration"):
            check_network(cloud, new)
        new["settings"]["settingsVersion"] = str(int(old["settings"]["settingsVersion"]) + 1)
        _apply(cloud, old, new)
        save(cloud, new)
    return new


def _check_version(old: Json, given: Json) -> None:
    version = (given.get("settings") or {}).get("settingsVersion")
    if version and str(version) != old["settings"]["settingsVersion"]:
        raise ApiError(
            412,
            "Condition does not match: settingsVersion is stale.",
            "FAILED_PRECONDITION",
            reason="conditionNotMet",
        )


def _merged(old: Json, given: Json, whole_settings: bool) -> Json:
    new: Json = defaults.merged(old, {key: value for key, value in given.items() if key != "settings"})
    settings: dict[str, Any] = given.get("settings") or {}
    if whole_settings:
        kept = dict(old["settings"])
        if settings:
            # Google's clients leave out a flag that is false: only so can protection be lifted.
            kept.pop("deletionProtectionEnabled", None)
        new["settings"] = {key: value for key, value in (kept | settings).items() if value is not None}
    else:
        new["settings"] = defaults.merged(old["settings"], settings)
    if new["databaseVersion"] != old["databaseVersion"]:
        raise invalid(
            f"databaseVersion cannot change from {old['databaseVersion']} to {new['databaseVersion']} here; "
            "make a new instance."
        )
    return new


def _apply(cloud: Cloud, old: Json, new: Json) -> None:
    """Make the server follow; flags restart it, the rest does not disturb it."""
    name = instance_name(new["project"], new["name"])
    group = fleet(cloud)
    was_tls_only = group.server(name, old).options.tls_only
    server = group.server(name, new)
    new["ipAddresses"] = defaults.addresses(new["settings"], server.address)
    if new["settings"].get("activationPolicy") == "NEVER":
        server.stop()
    elif not server.running:
        _start(group, server, name, new)
    elif flags(old) != flags(new):
        _restart(group, server, name, old)
    elif server.options.tls_only != was_tls_only:
        server.restart_front()


def _start(group: Fleet, server: Server, name: str, body: Json) -> None:
    if group.why_down(body) is None:
        if body.get("masterInstanceName"):
            group.start(name)
        else:
            server.start()


def _restart(group: Fleet, server: Server, name: str, old: Json) -> None:
    options = server.options
    server.stop()
    try:
        server.options = options
        server.start() if not old.get("masterInstanceName") else group.start(name)
    except PostgresError as error:
        group.server(name, old).start()
        raise invalid(str(error)) from error


def delete(cloud: Cloud, project: str, instance: str) -> None:
    name = instance_name(project, instance)
    group = fleet(cloud)
    with group.lock(name):
        body = load(cloud, project, instance)
        if body["settings"].get("deletionProtectionEnabled"):
            raise ApiError(400, _PROTECTED, reason="invalid")
        if body.get("replicaNames"):
            raise invalid(
                f"instance {instance} has replicas ({', '.join(body['replicaNames'])}); delete them first."
            )
        cloud.store.delete(API, name)
        group.forget(name)
    detach(cloud, body)


def detach(cloud: Cloud, body: Json) -> None:
    """Take a replica off its primary's list."""
    master = body.get("masterInstanceName", "").rpartition(":")[2]
    primary = cloud.store.get(API, instance_name(body["project"], master)) if master else None
    if primary is not None:
        left = [name for name in primary.get("replicaNames", []) if name != body["name"]]
        primary = {key: value for key, value in primary.items() if key != "replicaNames"}
        save(cloud, primary | ({"replicaNames": left} if left else {}))
