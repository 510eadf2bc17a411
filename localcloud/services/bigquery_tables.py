"""BigQuery: tables are kept with their schemas; they hold no rows here."""

from __future__ import annotations

from typing import Any

from localcloud import generic, merge, projects
from localcloud.agents import agent
from localcloud.api import ApiError, Call, Json, Reply, already_exists
from localcloud.cloud import Cloud
from localcloud.cmek import require_key
from localcloud.pages import page
from localcloud.registry import behaviour

API = "bigquery"
_T = "bigquery.tables"
_FIXED = ("kind", "id", "selfLink", "tableReference", "creationTime", "location", "type")
_LATER = ("numBytes", "numLongTermBytes", "numRows")


@behaviour(f"{_T}.insert")
def create(cloud: Cloud, call: Call) -> Json:
    sent = call.body or {}
    table = (sent.get("tableReference") or {}).get("tableId")
    if not table:
        raise ApiError(400, "tableReference.tableId: a table needs one.", reason="required")
    dataset = generic.load(cloud, API, call.parent)
    name = f"{call.name}/{table}"
    if cloud.store.get(API, name) is not None:
        raise already_exists(name)
    _check_key(cloud, call, sent, dataset["location"])
    moment = _now(cloud)
    body = {
        "type": "VIEW"
        if sent.get("view")
        else "MATERIALIZED_VIEW"
        if sent.get("materializedView")
        else "TABLE",
        **dict.fromkeys(_LATER, "0"),
        **sent,
        "kind": "bigquery#table",
        "id": f"{call.project}:{dataset['datasetReference']['datasetId']}.{table}",
        "selfLink": f"{call.base_url}/bigquery/v2/{name}",
        "tableReference": {
            "projectId": call.project,
            "datasetId": dataset["datasetReference"]["datasetId"],
            "tableId": table,
        },
        "location": dataset["location"],
        "creationTime": moment,
        "lastModifiedTime": moment,
        "etag": generic.new_etag(),
    }
    cloud.store.put(API, name, body)
    return body


def _now(cloud: Cloud) -> str:
    return str(int(cloud.clock.now().timestamp() * 1000))


def _check_key(cloud: Cloud, call: Call, sent: Json, location: str) -> None:
    key = (sent.get("encryptionConfiguration") or {}).get("kmsKeyName")
    if key:
        require_key(
            cloud, key, location.lower(), agent("bigquery", projects.number(cloud, str(call.project)))
        )


@behaviour(f"{_T}.list")
def list_(cloud: Cloud, call: Call) -> Json:
    keys = ("kind", "id", "tableReference", "type", "labels", "creationTime")
    rows = [{k: row[k] for k in keys if k in row} for row in cloud.store.list(API, call.parent, "tables")]
    return {"kind": "bigquery#tableList", "totalItems": len(rows), **page(call, "tables", rows)}


@behaviour(f"{_T}.patch", f"{_T}.update", permission="bigquery.tables.update")
def change(cloud: Cloud, call: Call) -> Json:
    """Columns may be added and made nullable; none may go or change its type."""
    with cloud.store.transaction():
        old = generic.load(cloud, API, call.name)
        sent = {key: value for key, value in (call.body or {}).items() if key not in _FIXED}
        kept = {key: old[key] for key in (*_FIXED, *_LATER) if key in old}
        new = merge.merged(old, sent) if call.verb == "PATCH" else sent
        _require_compatible(_fields(old), _fields(new), "")
        _check_key(cloud, call, sent, old["location"])
        new = {**new, **kept, "lastModifiedTime": _now(cloud), "etag": generic.new_etag()}
        cloud.store.put(API, call.name, new)
    return new


def _fields(body: Json) -> list[Any]:
    return (body.get("schema") or {}).get("fields") or []


def _require_compatible(old: list[Json], new: list[Json], path: str) -> None:
    wanted = {field["name"].lower(): field for field in new}
    for field in old:
        name = f"{path}{field['name']}"
        found = wanted.get(field["name"].lower())
        if found is None:
            raise ApiError(
                400, f"Provided Schema does not match Table: Field {name} is missing in new schema"
            )
        if found["type"] != field["type"]:
            raise ApiError(
                400,
                f"Provided Schema does not match Table: Field {name} has changed type from {field['type']} "
                f"to {found['type']}",
            )
        if found.get("mode") == "REQUIRED" and field.get("mode", "NULLABLE") != "REQUIRED":
            raise ApiError(
                400, f"Provided Schema does not match Table: Field {name} has changed mode to REQUIRED"
            )
        _require_compatible(field.get("fields") or [], found.get("fields") or [], f"{name}.")


@behaviour(f"{_T}.delete")
def delete(cloud: Cloud, call: Call) -> Reply:
    generic.load(cloud, API, call.name)
    cloud.store.delete(API, call.name)
    return Reply(None, 204)
