"""Cloud Logging: writing, listing and deleting entries (https://cloud.google.com/logging/docs/reference/v2/rest).

Left out: `entries.tail` and `entries.copy`, log-based metrics' values, views that filter (a view shows
its whole bucket).
"""

from __future__ import annotations

from dataclasses import replace
from typing import Any
from urllib.parse import quote

from localcloud import perimeter, projects
from localcloud.api import ApiError, Call, Json
from localcloud.cloud import Cloud
from localcloud.logs import buckets, entries, filters
from localcloud.pages import page
from localcloud.registry import behaviour, on_start

API = buckets.API
_BATCH = 10_000
_PRIVATE = "cloudaudit.googleapis.com%2Fdata_access"
_RESERVED = ("cloudaudit.googleapis.com%2f", "externalaudit.googleapis.com%2f")
"""Audit logs are written by Google's services and by nobody else: https://cloud.google.com/logging/docs/audit"""
_LEVELS = ("projects", "folders", "organizations", "billingAccounts")


def write(cloud: Cloud, project: str, log_id: str, entry: Json) -> None:
    """Write one entry to a project's log, for other services; `log_id` is not encoded.

    `entry` is a LogEntry without logName; its resource defaults to `global`.
    """
    defaults: Json = {"resource": {"type": "global", "labels": {"project_id": project}}}
    named = {**entry, "logName": f"projects/{project}/logs/{quote(log_id, safe='')}"}
    entries.store(cloud, entries.normal(cloud, named, defaults))


def _admit(cloud: Cloud, call: Call, container: str, permission: str, resource: str | None = None) -> None:
    """What the server asks where the path names the resource: project, perimeter, IAM."""
    kind, _, name = container.partition("/")
    project = name if kind == "projects" else None
    if project:
        projects.require(cloud, project)
    perimeter.require(cloud, call, project)
    cloud.iam.require(call.caller, permission, API, resource or container)


@behaviour("logging.entries.write", permission="")
def write_entries(cloud: Cloud, call: Call) -> Json:
    body = call.body or {}
    given = body.get("entries")
    if not isinstance(given, list) or not 1 <= len(given) <= _BATCH:
        raise ApiError(400, f"entries: 1 to {_BATCH} entries are needed.")
    ready, failed = _normal(cloud, call, given, body)
    if failed and not (body.get("partialSuccess") and ready):
        raise next(iter(failed.values()))
    if not body.get("dryRun"):
        with cloud.store.transaction():
            for entry in ready:
                entries.store(cloud, entry)
    if failed:
        raise _partial(failed)
    return {}


def _normal(cloud: Cloud, call: Call, given: list[Any], body: Json) -> tuple[list[Json], dict[int, ApiError]]:
    """The entries that may be written, and why each other one may not."""
    ready, failed, admitted = [], {}, set()
    for index, one in enumerate(given):
        try:
            entry = entries.normal(cloud, one, body)
            container, _, log = entry["logName"].partition("/logs/")
            if log.lower().startswith(_RESERVED):
                raise ApiError(403, f"Log {entry['logName']} is written by Google's services alone.")
            if container not in admitted:
                _admit(cloud, call, container, "logging.logEntries.create")
                admitted.add(container)
            ready.append(entry)
        except ApiError as error:
            failed[index] = error
    return ready, failed


def _partial(failed: dict[int, ApiError]) -> ApiError:
    first = next(iter(failed.values()))
    errors = {str(index): {"code": error.code, "message": error.message} for index, error in failed.items()}
    return ApiError(
        first.code,
        f"Log entries with indices {', '.join(errors)} were not written: {first.message}",
        first.status,
        details=[
            {
                "@type": "type.googleapis.com/google.logging.v2.WriteLogEntriesPartialErrors",
                "logEntryErrors": errors,
            }
        ],
    )


@behaviour("logging.entries.list", permission="")
def list_entries(cloud: Cloud, call: Call) -> Json:
    body = call.body or {}
    names = list(body.get("resourceNames") or ()) + [f"projects/{p}" for p in body.get("projectIds") or ()]
    if not names:
        raise ApiError(400, "resourceNames: at least one is needed.")
    order = body.get("orderBy") or "timestamp asc"
    if order not in ("timestamp", "timestamp asc", "timestamp desc"):
        raise ApiError(400, f"orderBy: {order!r} is not allowed; allowed: timestamp asc, timestamp desc.")
    containers, kept = _scopes(cloud, call, [projects.normalise(cloud.store, str(name)) for name in names])
    found = entries.find(cloud, containers, kept, _visible(cloud, call, body), order.endswith("desc"))
    return page(_paged(call, body), "entries", found, 50)


def _scopes(cloud: Cloud, call: Call, names: list[str]) -> tuple[list[str], list[str]]:
    """Projects and buckets to look in, each one admitted."""
    containers, kept = [], []
    for name in names:
        parts = name.split("/")
        if len(parts) == 2 and parts[0] in _LEVELS:
            _admit(cloud, call, name, "logging.logEntries.list")
            containers.append(name)
        elif len(parts) >= 6 and parts[4] == "buckets":
            bucket = "/".join(parts[:6])
            _admit(cloud, call, "/".join(parts[:2]), "logging.views.access", name)
            if buckets.load(cloud, bucket) is None:
                raise ApiError(404, f"Bucket {bucket} does not exist.")
            kept.append(bucket)
        else:
            raise ApiError(
                400, f"resourceNames: {name!r} is no project, folder, organization, bucket or view."
            )
    return containers, kept


def _visible(cloud: Cloud, call: Call, body: Json) -> filters.Test:
    """The filter, and that data access logs are for those who may read private logs."""
    test = filters.compiled(str(body.get("filter") or ""))
    allowed: dict[str, bool] = {}

    def visible(entry: Json) -> bool:
        container, _, log = entry["logName"].partition("/logs/")
        if log == _PRIVATE and container not in allowed:
            allowed[container] = cloud.iam.allows(
                call.caller, "logging.privateLogEntries.list", API, container
            )
        return (log != _PRIVATE or allowed[container]) and test(entry)

    return visible


def _paged(call: Call, body: Json) -> Call:
    """The call with its page wishes where `page` looks for them: here they come in the body."""
    query = {key: str(body[key]) for key in ("pageSize", "pageToken") if body.get(key)}
    return replace(call, query=query)


@behaviour("logging.logs.list", "logging.projects.logs.list", permission="logging.logs.list")
def list_logs(cloud: Cloud, call: Call) -> Json:
    return page(call, "logNames", entries.log_names(cloud, "/".join(call.name.split("/")[:2])))


@behaviour("logging.logs.delete", "logging.projects.logs.delete", permission="logging.logs.delete")
def delete_log(cloud: Cloud, call: Call) -> Json:
    container, _, log_id = call.name.partition("/logs/")
    if not entries.delete_log(cloud, container, log_id):
        raise ApiError(404, f"Log {call.name} does not exist.", reason="notFound")
    return {}


@on_start
def forget(cloud: Cloud) -> None:
    """Entries whose retention ended while nothing ran."""
    entries.collect(cloud)
