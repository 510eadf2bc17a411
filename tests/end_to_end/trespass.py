"""What one tenant's identity tries on another tenant's trail and things; every one must be refused."""

from __future__ import annotations

import json
import re
from collections.abc import Iterator, Mapping
from typing import Any

import psycopg

from localcloud.ports import APIS
from tests.end_to_end.place import Place
from tests.end_to_end.test_isolation import address, identity

OFFSET = {api.name: api.offset for api in APIS}
Outputs = Mapping[str, Any]


def _entry(log: str) -> dict[str, Any]:
    """A log entry in the victim's name."""
    resource = {"type": "cloud_run_revision", "labels": {"service_name": "{tenant}"}}
    entry = {"logName": log, "resource": resource, "labels": {"tenant": "{tenant}"}, "textPayload": "forged"}
    return {"entries": [entry]}


_SUBSCRIPTIONS = "/v1/projects/{project}/subscriptions/{tenant}-audit"
_JOBS = "locations/{region}/jobs/{tenant}"
TRIES: list[tuple[str, str, str, Any]] = [
    ("logging", "POST", "/v2/entries:list", {"resourceNames": ["projects/{project}"]}),
    ("logging", "POST", "/v2/entries:list", {"resourceNames": ["{auditBucket}"]}),
    ("logging", "POST", "/v2/entries:list", {"resourceNames": ["{auditBucket}/views/_AllLogs"]}),
    ("logging", "POST", "/v2/entries:write", _entry("projects/{project}/logs/careplane-audit")),
    ("logging", "POST", "/v2/entries:write", _entry("projects/{cellProject}/logs/careplane-audit")),
    (
        "logging",
        "POST",
        "/v2/entries:write",
        _entry("projects/{cellProject}/logs/run.googleapis.com%2Fstdout"),
    ),
    (
        "logging",
        "POST",
        "/v2/entries:write",
        _entry("projects/{cellProject}/logs/cloudaudit.googleapis.com%2Factivity"),
    ),
    ("logging", "DELETE", "/v2/projects/{project}/logs/run.googleapis.com%2Fstdout", None),
    ("logging", "DELETE", "/v2/{auditBucket}", None),
    ("pubsub", "POST", "/v1/{topics[audit]}:publish", {"messages": [{"data": "eA=="}]}),
    ("pubsub", "POST", _SUBSCRIPTIONS + "-runtime:pull", {"maxMessages": 1}),
    ("pubsub", "POST", _SUBSCRIPTIONS + "-dead-letters:pull", {"maxMessages": 1}),
    ("cloudkms", "POST", "/v1/{keys[fields]}:encrypt", {"plaintext": "eA=="}),
    ("secretmanager", "GET", "/v1/{secret}/versions/latest:access", None),
    ("storage", "GET", "/storage/v1/b/{bucket}/o", None),
    ("run", "POST", "/v2/projects/{project}/" + _JOBS + "-admin:run", {}),
    ("run", "POST", "/v2/projects/{cellProject}/" + _JOBS + "-audit-grants:run", {}),
]
IN_THE_HEALTHCARE_API: list[tuple[str, str, str, Any]] = [
    ("healthcare", "GET", "/v1/{auditStore}/fhir/AuditEvent", None),
    ("healthcare", "POST", "/v1/{auditStore}/fhir/AuditEvent", {"resourceType": "AuditEvent"}),
    ("healthcare", "PUT", "/v1/{auditStore}/fhir/Basic/audit-chain-head", {"resourceType": "Basic"}),
    ("healthcare", "GET", "/v1/{fhirStore}/fhir/Patient", None),
]


def let_in(place: Place, victim: Outputs, cell: Outputs, attacker: Outputs) -> list[str]:
    """What was not refused."""
    token = identity(place, dict(attacker))
    bucket = f"projects/{cell['project']}/locations/{cell['region']}/buckets/audit"
    known = {**victim, "cellProject": cell["project"], "region": cell["region"], "auditBucket": bucket}
    healthcare = "/fhirStores/" in str(victim["auditStore"])
    found = []
    for api, verb, path, body in (*TRIES, *(IN_THE_HEALTHCARE_API if healthcare else ())):
        given = json.loads(re.sub(r"\{(\w+)\}", lambda m: str(known[m[1]]), json.dumps(body)))
        answer = place.google(verb, OFFSET[api], path.format(**known), given, token)
        if answer.status_code != 403:
            found.append(f"{verb} {path}: {answer.status_code} {answer.text[:200]}")
    return [*found, *(f"database {each}" for each in _databases(place, known, attacker, token))]


def _databases(place: Place, known: Outputs, attacker: Outputs, token: str) -> Iterator[str]:
    """Those that opened, by the attacker's own name or by the victim's."""
    users = [str(each["serviceAccount"]).removesuffix(".gserviceaccount.com") for each in (attacker, known)]
    for project, instance, database in databases(known):
        for user in users:
            try:
                opened(place, project, instance, database, user, token).close()
            except psycopg.OperationalError:
                continue
            yield f"{project}/{instance}/{database} as {user}"


def databases(outputs: Outputs) -> list[tuple[str, str, str]]:
    """Project, instance and name: the tenant's own, and where the trail is in one, the trail's."""
    found = [(str(outputs["project"]), str(outputs["sqlInstance"]), str(outputs["database"]))]
    if "/databases/" in str(outputs["auditStore"]):
        _, project, _, instance, _, database = str(outputs["auditStore"]).split("/")
        found.append((project, instance, database))
    return found


def opened(
    place: Place, project: str, instance: str, database: str, user: str, token: str
) -> psycopg.Connection[Any]:
    host = address(place, project, instance)
    return psycopg.connect(
        host=host, dbname=database, user=user, password=token, sslmode="require", connect_timeout=10
    )
