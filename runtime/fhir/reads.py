"""read, vread and history of one resource (https://hl7.org/fhir/R4/http.html)."""

from __future__ import annotations

import base64
import binascii
from email.utils import parsedate_to_datetime

from runtime.fhir import rows
from runtime.fhir.answers import etag, location, with_row
from runtime.fhir.bundles import Entry, bundle
from runtime.fhir.checks import valid_id
from runtime.fhir.database import Conn
from runtime.fhir.dates import instant, moment, span
from runtime.fhir.errors import BadRequest, Gone, NotFound
from runtime.fhir.messages import FhirRequest, FhirResponse
from runtime.fhir.rows import Row
from runtime.fhir.store import Store

_METHOD = {"c": "POST", "u": "PUT", "d": "DELETE"}
HISTORY_PAGE = 100


def read(conn: Conn, request: FhirRequest, resource_type: str, resource_id: str) -> FhirResponse:
    row = rows.current(conn, resource_type, valid_id(resource_id))
    if row is None:
        raise NotFound(f"{resource_type}/{resource_id} does not exist.")
    if row.deleted:
        raise Gone(f"{resource_type}/{resource_id} was deleted; its history remains.")
    return FhirResponse(304, {"ETag": etag(row)}) if _unchanged(request, row) else with_row(row)


def _unchanged(request: FhirRequest, row: Row) -> bool:
    if tags := request.header("If-None-Match"):
        return etag(row) in tags or tags.strip() == "*"
    if since := request.header("If-Modified-Since"):
        try:
            return row.updated.replace(microsecond=0) <= parsedate_to_datetime(since)
        except (ValueError, TypeError) as error:
            raise BadRequest(
                f"If-Modified-Since {since!r} is not an HTTP date.", "If-Modified-Since"
            ) from error
    return False


def vread(conn: Conn, resource_type: str, resource_id: str, number: str) -> FhirResponse:
    valid_id(resource_id)
    known = number.isascii() and number.isdigit() and len(number) < 10
    row = rows.version(conn, resource_type, resource_id, int(number)) if known else None
    if row is None:
        raise NotFound(f"{resource_type}/{resource_id} has no version {number[:64]!r}.")
    if row.deleted:
        raise Gone(f"{resource_type}/{resource_id} was deleted by version {number}.")
    return with_row(row)


def history(
    store: Store,
    conn: Conn,
    request: FhirRequest,
    resource_type: str,
    resource_id: str,
) -> FhirResponse:
    """All versions, newest first (https://hl7.org/fhir/R4/http.html#history)."""
    asked = dict(request.query)
    limit = min(page_size(asked.get("_count"), HISTORY_PAGE), 1000)
    before = _before(asked.get("_page_token"))
    at = span(asked.get("_since", "1970"))
    if at is None:
        raise BadRequest(f"_since {asked['_since']!r} is not an instant.", "_since")
    since = moment(at.low) if "_since" in asked else None
    found = rows.versions(conn, resource_type, valid_id(resource_id), before, since, limit + 1)
    if not found and rows.current(conn, resource_type, resource_id) is None:
        raise NotFound(f"{resource_type}/{resource_id} does not exist.")
    url = f"{store.base_url}/{resource_type}/{resource_id}/_history"
    more = make_page_token(str(found[limit - 1].version)) if len(found) > limit else None
    keep = [(k, v) for k, v in request.query if k != "_page_token"]
    return bundle("history", [_version_entry(store, row) for row in found[:limit]], url, keep, more)


def _before(token: str | None) -> int:
    text = page_token(token) if token else str(2**31 - 1)
    if not (text.isascii() and text.isdigit()) or len(text) > 10:
        raise BadRequest("_page_token was not made by this store.", "_page_token")
    return int(text)


def _version_entry(store: Store, row: Row) -> Entry:
    status = {"c": "201 Created", "u": "200 OK", "d": "204 No Content"}[row.action]
    return Entry(
        full_url=f"{store.base_url}/{row.type}/{row.id}",
        resource=row.body,
        request={"method": _METHOD[row.action], "url": f"{row.type}/{row.id}"},
        response={
            "status": status,
            "etag": etag(row),
            "lastModified": instant(row.updated),
            "location": location(store, row),
        },
    )


def page_size(text: str | None, default: int) -> int:
    """The value of `_count`."""
    if text is None:
        return default
    if not (text.isascii() and text.isdigit()) or len(text) > 9:
        raise BadRequest(f"_count {text[:40]!r} is not allowed; allowed: a number from 0 on.", "_count")
    return int(text)


def make_page_token(text: str) -> str:
    return base64.urlsafe_b64encode(text.encode()).decode().rstrip("=")


def page_token(token: str) -> str:
    try:
        text = base64.b64decode(token + "=" * (-len(token) % 4), altchars=b"-_", validate=True).decode()
    except (binascii.Error, ValueError) as error:
        raise BadRequest(f"_page_token {token[:80]!r} was not made by this store.", "_page_token") from error
    return text
