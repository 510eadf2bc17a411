"""Answers with one resource: body as stored, ETag, Last-Modified, `Prefer: return=`."""

from __future__ import annotations

import re
from email.utils import format_datetime

from runtime.fhir.errors import FhirError, Json, as_outcome, outcome
from runtime.fhir.jsontext import dumps
from runtime.fhir.messages import CONTENT_TYPE, FhirRequest, FhirResponse
from runtime.fhir.rows import Row
from runtime.fhir.store import Store


def etag(row: Row) -> str:
    return f'W/"{row.version}"'


def row_headers(row: Row) -> dict[str, str]:
    return {
        "Content-Type": CONTENT_TYPE,
        "ETag": etag(row),
        "Last-Modified": format_datetime(row.updated, usegmt=True),
    }


def location(store: Store, row: Row) -> str:
    return f"{store.base_url}/{row.type}/{row.id}/_history/{row.version}"


def with_row(row: Row, status: int = 200, extra: dict[str, str] | None = None) -> FhirResponse:
    return FhirResponse(status, {**row_headers(row), **(extra or {})}, row.body or b"")


def written(store: Store, request: FhirRequest, row: Row, status: int) -> FhirResponse:
    """The answer to a write, as `Prefer: return=` asks (https://hl7.org/fhir/R4/http.html#return)."""
    extra = {"Location": location(store, row)}
    match preference(request, "return"):
        case "minimal":
            return FhirResponse(status, {**row_headers(row), **extra})
        case "OperationOutcome":
            done = outcome(
                "informational", f"{row.type}/{row.id} is now version {row.version}.", "information"
            )
            return FhirResponse(status, {**row_headers(row), **extra}, dumps(done))
    return with_row(row, status, extra)


def preference(request: FhirRequest, name: str) -> str | None:
    """One value of the Prefer header (https://www.rfc-editor.org/rfc/rfc7240)."""
    match = re.search(rf"(?:^|[;,\s]){name}\s*=\s*\"?(\w+)", request.header("Prefer") or "")
    return match[1] if match else None


def with_json(body: Json, status: int = 200) -> FhirResponse:
    return FhirResponse(status, {"Content-Type": CONTENT_TYPE}, dumps(body))


def with_error(error: FhirError) -> FhirResponse:
    return with_json(as_outcome(error), error.status)
