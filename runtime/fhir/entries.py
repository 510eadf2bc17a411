"""The entries of a transaction or batch, read and checked before anything is done."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any
from urllib.parse import unquote

from runtime.fhir.checks import known_type, resource_of_type, valid_id
from runtime.fhir.config import MAX_ENTRIES
from runtime.fhir.errors import BadRequest, FhirError, Json, NotFound, TooLarge

METHODS = ("DELETE", "POST", "PUT", "PATCH", "GET", "HEAD")


@dataclass(frozen=True)
class BundleEntry:
    """`type` and `id` come from the url; `condition` is its query."""

    number: int
    method: str
    url: str
    type: str
    id: str | None
    condition: str | None
    full_url: str | None
    resource: Json | None
    if_match: str | None
    if_none_exist: str | None
    if_none_match: str | None


def entries_of(bundle: Json) -> list[Json]:
    """The raw entries, once there are not too many."""
    entries = bundle.get("entry", [])
    if not isinstance(entries, list) or not all(isinstance(e, dict) for e in entries):
        raise BadRequest("Bundle.entry must be an array of objects.", "Bundle.entry")
    if len(entries) > MAX_ENTRIES:
        raise TooLarge(
            f"The bundle has {len(entries)} entries; allowed: up to {MAX_ENTRIES}.", "Bundle.entry"
        )
    return entries


def read_entry(number: int, raw: Json) -> BundleEntry:
    where = f"Bundle.entry[{number}]"
    try:
        return _read(number, raw)
    except FhirError as error:
        error.expression = f"{where}.{error.expression}" if error.expression else where
        error.diagnostics = f"{where}: {error.diagnostics}"
        raise


def _read(number: int, raw: Json) -> BundleEntry:
    request = raw.get("request")
    if not isinstance(request, dict):
        raise BadRequest("request is missing.", "request")
    method, url = request.get("method"), request.get("url")
    if method not in METHODS:
        raise BadRequest(
            f"method {str(method)[:20]!r} is not allowed; allowed: {', '.join(METHODS)}.", "request.method"
        )
    if not isinstance(url, str) or not url:
        raise BadRequest("url is missing.", "request.url")
    resource_type, resource_id, condition = _split(method, url)
    resource = raw.get("resource")
    if method in ("POST", "PUT"):
        resource = resource_of_type(resource, resource_type)
    return BundleEntry(
        number,
        method,
        url,
        resource_type,
        resource_id,
        condition,
        _text(raw, "fullUrl"),
        resource,
        _text(request, "ifMatch"),
        _text(request, "ifNoneExist"),
        _text(request, "ifNoneMatch"),
    )


def _split(method: str, url: str) -> tuple[str, str | None, str | None]:
    path, _, query = url.partition("?")
    parts = unquote(path).strip("/").split("/")
    if method in ("GET", "HEAD"):
        return parts[0], None, query or None
    if method == "POST" and len(parts) == 1:
        return known_type(parts[0]), None, None
    if method in ("PUT", "DELETE", "PATCH") and len(parts) == 2 and not query:
        return known_type(parts[0]), valid_id(parts[1]), None
    if method in ("PUT", "DELETE") and len(parts) == 1 and query:
        return known_type(parts[0]), None, query
    raise NotFound(f"{method} {url[:120]!r} is not an interaction that is served.", "request.url")


def _text(holder: Json, name: str) -> str | None:
    value: Any = holder.get(name)
    if value is not None and not isinstance(value, str):
        raise BadRequest(f"{name} must be a string.", name)
    return value
