"""Cloud Run v2: services and revisions (https://cloud.google.com/run/docs/reference/rest/v2/projects.locations.services)."""

from __future__ import annotations

import re
from dataclasses import replace

from localcloud import cmek, merge, operations, projects
from localcloud.api import ApiError, Call, Json, already_exists, not_found
from localcloud.cloud import Cloud
from localcloud.registry import behaviour, on_fault, on_start, on_stop
from localcloud.run import bodies, containers, identity, manager
from localcloud.run.manager import API
from localcloud.run.services import ServiceRunner, main_container, run_agent

_ID = re.compile(r"[a-z]([a-z0-9-]{0,47}[a-z0-9])?")


@on_start
def start(cloud: Cloud) -> None:
    manager.manager(cloud).start_all()


@on_stop
def stop(cloud: Cloud) -> None:
    manager.close(cloud)


def _runners(cloud: Cloud) -> list[ServiceRunner]:
    group = manager.existing(cloud)
    return list(group.services.values()) if group else []


@cmek.on_key_change
def key_changed(cloud: Cloud, key: str) -> None:
    for runner in _runners(cloud):
        if cmek.key_of(runner.body["template"].get("encryptionKey") or "") == cmek.key_of(key):
            runner.look_after_now()


@on_fault("instance-killed")
@on_fault("region-down")
def fault_changed(cloud: Cloud, target: str, parameters: Json | None) -> None:
    """A fault takes effect at once; when it ends, the supervisor brings the service back."""
    for runner in _runners(cloud):
        if target in ("*", runner.name, identity.location_of(runner.name)):
            runner.look_after_now()


def new_name(cloud: Cloud, call: Call, key: str) -> str:
    """The full name of what is created, from `serviceId` or `jobId`."""
    given = call.query.get(key, "")
    if not _ID.fullmatch(given):
        raise ApiError(
            400,
            f"{key}: {given!r} is not allowed; allowed: up to 49 lowercase letters, digits and "
            "hyphens, first a letter, last no hyphen.",
        )
    projects.require(cloud, call.name.split("/")[1])
    collection = "services" if key == "serviceId" else "jobs"
    return f"{call.name.removesuffix('/' + collection)}/{collection}/{given}"


def failed(call: Call, message: str, code: int = 9) -> Json:
    """A finished operation that failed (code 9: failed precondition)."""
    operation = operations.done(call, None)
    operation.pop("response")
    return operation | {"error": {"code": code, "message": message}}


def check(cloud: Cloud, call: Call, name: str, template: Json) -> None:
    """What can be refused before anything is started."""
    if not template.get("containers"):
        raise ApiError(400, "template.containers: at least one container is required.")
    containers.entry_point(cloud, main_container(template).get("image", ""))
    identity.check(cloud, call.caller, name, template)
    if key := template.get("encryptionKey"):
        cmek.require_key(cloud, key, identity.location_of(name), run_agent(cloud, name))


def load(cloud: Cloud, name: str) -> Json:
    body = cloud.store.get(API, name)
    if body is None:
        raise not_found(name)
    return body


@behaviour("run.projects.locations.services.create", permission="run.services.create")
def create(cloud: Cloud, call: Call) -> Json:
    name = new_name(cloud, call, "serviceId")
    given = call.body or {}
    if cloud.store.get(API, name) is not None:
        raise already_exists(name)
    check(cloud, call, name, given.get("template") or {})
    body = bodies.begun(name, given, call.caller.member, cloud.clock.now())
    if call.query.get("validateOnly") == "true":
        return operations.done(call, body)
    group = manager.manager(cloud)
    runner = group.runner(name, body)
    with runner.lock:
        body |= {"uri": runner.uri, "urls": [runner.uri]}
        body, failure = _roll_out(cloud, runner, body)
        if failure is None:
            return operations.done(call, body)
    # Nothing is left of it, so that creating it again can succeed.
    cloud.store.delete(API, name)
    group.remove(name)
    return failed(call, failure)


def _roll_out(cloud: Cloud, runner: ServiceRunner, body: Json) -> tuple[Json, str | None]:
    """Make a revision from the template, see it ready, give it its traffic; or say why not."""
    now = cloud.clock.now()
    short = bodies.revision_name(runner.short, int(body["generation"]), body["template"].get("revision"))
    revision = f"{body['name']}/revisions/{short}"
    if cloud.store.get(API, revision) is not None:
        raise already_exists(revision)
    cloud.store.put(API, revision, bodies.revision(body, short, now))
    body = body | {"latestCreatedRevision": revision}
    _save(cloud, runner, body)
    failure = _prepared(runner, short)
    if failure is None:
        body = body | {"latestReadyRevision": revision}
    else:
        cloud.store.delete(API, revision)
    body = bodies.with_status(body, now, failure)
    _save(cloud, runner, body)
    if failure is None:
        runner.retire()
    return body, failure


def _prepared(runner: ServiceRunner, short: str) -> str | None:
    try:
        return runner.prepare(short)
    except ApiError as error:
        return error.message


def _save(cloud: Cloud, runner: ServiceRunner, body: Json) -> None:
    cloud.store.put(API, body["name"], body)
    runner.body = body


@behaviour("run.projects.locations.services.patch", permission="run.services.update")
def patch(cloud: Cloud, call: Call) -> Json:
    given = call.body or {}
    if cloud.store.get(API, call.name) is None and call.query.get("allowMissing") == "true":
        short = {"serviceId": call.name.rpartition("/")[2]}
        return create(cloud, _replaced(call, call.name.rpartition("/")[0], short))
    runner = manager.manager(cloud).runner(call.name, load(cloud, call.name))
    with runner.lock:
        old = load(cloud, call.name)
        require_fresh(old, given.get("etag"))
        wanted: Json = (
            merge.masked(old, given, call.query["updateMask"]) if call.query.get("updateMask") else given
        )
        check(cloud, call, call.name, wanted.get("template") or {})
        body = bodies.changed(old, wanted, call.caller.member, cloud.clock.now())
        if call.query.get("validateOnly") == "true":
            return operations.done(call, body)
        if body["template"] != old["template"] or call.query.get("forceNewRevision") == "true":
            body, failure = _roll_out(cloud, runner, body)
            return failed(call, failure) if failure else operations.done(call, body)
        body = bodies.with_status(body, cloud.clock.now())
        _save(cloud, runner, body)
        runner.retire()
    return operations.done(call, body)


def _replaced(call: Call, name: str, query: dict[str, str]) -> Call:
    return replace(call, name=name, query={**call.query, **query})


def require_fresh(old: Json, etag: str | None) -> None:
    if etag and etag != old["etag"]:
        raise ApiError(
            409, f"The etag of {old['name']} does not match: it was changed meanwhile.", "ABORTED", "aborted"
        )


@behaviour("run.projects.locations.services.delete", permission="run.services.delete")
def delete(cloud: Cloud, call: Call) -> Json:
    body = load(cloud, call.name)
    require_fresh(body, call.query.get("etag"))
    if call.query.get("validateOnly") != "true":
        cloud.store.delete(API, call.name)
        manager.manager(cloud).remove(call.name)
    return operations.done(call, body)


@behaviour("run.projects.locations.services.revisions.delete", permission="run.revisions.delete")
def delete_revision(cloud: Cloud, call: Call) -> Json:
    body = load(cloud, call.name)
    service = load(cloud, call.name.rpartition("/revisions/")[0])
    short = call.name.rpartition("/")[2]
    runner = manager.manager(cloud).runner(service["name"], service)
    if service.get("latestCreatedRevision") == call.name or short in dict(runner.shares()):
        raise ApiError(
            400,
            f"Revision {short} is the latest one or takes traffic and cannot be deleted.",
            "FAILED_PRECONDITION",
        )
    cloud.store.delete(API, call.name)
    found = runner.revisions.pop(short, None)
    if found is not None:
        found.stop()
    return operations.done(call, body)
