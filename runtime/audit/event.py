"""Records as FHIR AuditEvent (https://hl7.org/fhir/R4/auditevent.html), after IHE's BALP profile."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from runtime.audit.record import AuditRecord, Link

EXTENSION = "urn:careplane:audit:"
SEQUENCE = f"{EXTENSION}sequence"
RECORD = f"{EXTENSION}record"
HEAD_ID = "audit-chain-head"
"""Where releases that could still rewrite the trail kept the head of the chain; only read."""
_DCM = "http://dicom.nema.org/resources/ontology/DCM"
_REST = "http://hl7.org/fhir/restful-interaction"


def audit_event(record: AuditRecord, link: Link, fhir_url: str) -> dict[str, Any]:
    event: dict[str, Any] = {
        "resourceType": "AuditEvent",
        "meta": {"tag": [{"system": RECORD, "code": record.id}]},
        "extension": [
            *_link(link),
            _extension("phase", record.phase),
            _extension("record", record.canonical()),
        ],
        "type": _type(record),
        "action": record.action,
        "recorded": record.time,
        "outcome": _outcome(record),
        "agent": [_agent(record)],
        "source": {"site": record.tenant, "observer": {"display": f"careplane runtime of {record.tenant}"}},
        "entity": [{"what": {"reference": f"{fhir_url}/{name}"}} for name in record.references]
        + [_request(record)],
    }
    if record.interaction != "token":
        event["subtype"] = [{"system": _REST, "code": record.interaction}]
    if record.phase == "intent":
        event["outcomeDesc"] = "The outcome is not known: the service ended before it could tell."
    return event


def links_resource(links: Sequence[tuple[AuditRecord, Link]]) -> dict[str, Any]:
    """What one transaction appended, to be found by each record and by each place in the chain.

    An AuditEvent has no identifier, and only identifiers are searched without delay:
    https://cloud.google.com/healthcare-api/docs/reference/rest/v1/projects.locations.datasets.fhirStores.fhir/search
    """
    sequences = [{"system": SEQUENCE, "value": str(link.sequence)} for _, link in links]
    records = [{"system": RECORD, "value": record.key} for record, _ in links]
    return {
        "resourceType": "Basic",
        "identifier": [*sequences, *records],
        "extension": _link(links[-1][1]),
        "code": {"text": "links of the audit chain"},
    }


def read_link(resource: dict[str, Any]) -> Link:
    values = _extensions(resource)
    return Link(int(values["sequence"]), values["previous"], values["hash"])


def read_phase(event: dict[str, Any]) -> str:
    return _extensions(event).get("phase", "")


def _extensions(resource: dict[str, Any]) -> dict[str, str]:
    return {
        e["url"].removeprefix(EXTENSION): str(e.get("valueString")) for e in resource.get("extension", [])
    }


def _link(link: Link) -> list[dict[str, Any]]:
    return [
        _extension("sequence", str(link.sequence)),
        _extension("previous", link.previous),
        _extension("hash", link.hash),
    ]


def _extension(name: str, value: str) -> dict[str, Any]:
    return {"url": EXTENSION + name, "valueString": value}


def _type(record: AuditRecord) -> dict[str, Any]:
    if record.interaction == "token":
        return {"system": _DCM, "code": "110114", "display": "User Authentication"}
    return {"system": "http://terminology.hl7.org/CodeSystem/audit-event-type", "code": "rest"}


def _agent(record: AuditRecord) -> dict[str, Any]:
    return {
        "who": {"identifier": {"value": record.client or "unknown"}},
        "requestor": True,
        "network": {"address": record.source, "type": "2"},
    }


def _request(record: AuditRecord) -> dict[str, Any]:
    details = {
        "parameters": ",".join(record.parameters),
        "type": record.type or "",
        "status": str(record.status or ""),
    }
    if record.more_references:
        details["more-references"] = str(record.more_references)
    return {
        "what": {"identifier": {"value": record.request}},
        "description": record.interaction,
        "detail": [{"type": name, "valueString": value} for name, value in details.items() if value],
    }


def _outcome(record: AuditRecord) -> str:
    """http://hl7.org/fhir/audit-event-outcome: success, minor, serious, major failure."""
    if record.status is None:
        return "4" if record.phase == "intent" else "12"
    return "0" if record.status < 400 else "4" if record.status < 500 else "8"
