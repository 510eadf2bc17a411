"""Cloud Run v2: jobs and executions (https://cloud.google.com/run/docs/reference/rest/v2/projects.locations.jobs)."""

from __future__ import annotations

from localcloud import merge, operations
from localcloud.api import ApiError, Call, Json, already_exists
from localcloud.cloud import Cloud
from localcloud.registry import behaviour
from localcloud.run import bodies
from localcloud.run.executions import Run
from localcloud.run.manager import API
from localcloud.services.run import check, failed, load, new_name, require_fresh


@behaviour("run.projects.locations.jobs.create", permission="run.jobs.create")
def create(cloud: Cloud, call: Call) -> Json:
    name = new_name(cloud, call, "jobId")
    given = call.body or {}
    if cloud.store.get(API, name) is not None:
        raise already_exists(name)
    check(cloud, call, name, _task(given))
    body = _ready(
        cloud, bodies.begun(name, given, call.caller.member, cloud.clock.now()) | {"executionCount": 0}
    )
    if call.query.get("validateOnly") == "true":
        return operations.done(call, body)
    cloud.store.put(API, name, body)
    body, failure = _run_if_asked(cloud, body, None)
    if failure is not None:
        # Nothing is left of it, so that creating it again can succeed; its log is.
        cloud.store.delete(API, name)
        return failed(call, failure)
    return operations.done(call, body)


def _task(body: Json) -> Json:
    task: Json = (body.get("template") or {}).get("template") or {}
    return task


def _ready(cloud: Cloud, body: Json) -> Json:
    return body | {"terminalCondition": bodies.condition("Ready", cloud.clock.now())}


def _run_if_asked(cloud: Cloud, body: Json, old: Json | None) -> tuple[Json, str | None]:
    """A new `runExecutionToken` or `startExecutionToken` runs the job as part of the change."""
    for key in ("runExecutionToken", "startExecutionToken"):
        token = body.get(key)
        if token and token != (old or {}).get(key):
            short = f"{body['name'].rpartition('/')[2]}-{token}"
            return execute(cloud, body, {}, short)[:2]
    return body, None


def execute(
    cloud: Cloud, body: Json, overrides: Json, short: str | None = None
) -> tuple[Json, str | None, Json]:
    """Run to completion: the job as it is afterwards, what went wrong, the execution."""
    run = Run(cloud, body, overrides, short)
    try:
        failure = run.run()
    except ApiError as error:
        failure = error.message
    now = cloud.clock.now()
    with cloud.store.transaction():
        body = cloud.store.get(API, body["name"]) or body
        body = body | {
            "executionCount": int(body.get("executionCount") or 0) + 1,
            "latestCreatedExecution": run.reference(failure, now),
        }
        cloud.store.put(API, body["name"], body)
    if failure is not None:
        failure = f"Execution {run.short} failed. Last lines of its log:\n{failure}"
    return body, failure, cloud.store.get(API, run.name) or run.body(failure or "", now)


@behaviour("run.projects.locations.jobs.patch", permission="run.jobs.update")
def patch(cloud: Cloud, call: Call) -> Json:
    given, old = call.body or {}, load(cloud, call.name)
    require_fresh(old, given.get("etag"))
    wanted = merge.masked(old, given, call.query["updateMask"]) if call.query.get("updateMask") else given
    check(cloud, call, call.name, _task(wanted))
    body = _ready(cloud, bodies.changed(old, wanted, call.caller.member, cloud.clock.now()))
    if call.query.get("validateOnly") == "true":
        return operations.done(call, body)
    cloud.store.put(API, call.name, body)
    body, failure = _run_if_asked(cloud, body, old)
    if failure is not None:
        # The change did not take effect: asking for it again must run the job again.
        cloud.store.put(API, call.name, old)
        return failed(call, failure)
    return operations.done(call, body)


@behaviour("run.projects.locations.jobs.delete", permission="run.jobs.delete")
def delete(cloud: Cloud, call: Call) -> Json:
    body = load(cloud, call.name)
    require_fresh(body, call.query.get("etag"))
    if call.query.get("validateOnly") != "true":
        cloud.store.delete(API, call.name)
    return operations.done(call, body)


@behaviour("run.projects.locations.jobs.run", permission="run.jobs.run")
def run(cloud: Cloud, call: Call) -> Json:
    given = call.body or {}
    body = load(cloud, call.name)
    require_fresh(body, given.get("etag"))
    check(cloud, call, call.name, _task(body))
    _, failure, execution = execute(cloud, body, given.get("overrides") or {})
    if failure is not None:
        return failed(call, failure) | {"metadata": execution | {"@type": _EXECUTION}}
    return operations.done(call, execution | {"@type": _EXECUTION}) | {
        "metadata": execution | {"@type": _EXECUTION}
    }


_EXECUTION = "type.googleapis.com/google.cloud.run.v2.Execution"
