"""Batches: each entry on its own, each with its own answer (https://hl7.org/fhir/R4/http.html#brules)."""

from __future__ import annotations

import base64
import binascii
from collections.abc import Callable
from typing import Any
from urllib.parse import parse_qsl

import simplejson

from runtime.fhir.answers import with_error
from runtime.fhir.bundles import Entry, bundle
from runtime.fhir.entries import entries_of, read_entry
from runtime.fhir.errors import FhirError, Json
from runtime.fhir.jsontext import dumps
from runtime.fhir.messages import FhirRequest, FhirResponse

Handle = Callable[[FhirRequest], FhirResponse]
_ORDER = {"DELETE": 0, "POST": 1, "PUT": 2, "PATCH": 2, "GET": 3, "HEAD": 3}


def batch(body: Json, handle: Handle) -> FhirResponse:
    raws = entries_of(body)
    answers: dict[int, Entry] = {}
    for number, raw in sorted(enumerate(raws), key=_rank):
        answers[number] = _as_entry(_one(number, raw, handle))
    return bundle("batch-response", [answers[number] for number in range(len(raws))])


def _rank(numbered: tuple[int, Json]) -> int:
    request = numbered[1].get("request")
    method = request.get("method") if isinstance(request, dict) else None
    return _ORDER.get(method, 0) if isinstance(method, str) else 0


def _one(number: int, raw: Json, handle: Handle) -> FhirResponse:
    try:
        entry = read_entry(number, raw)
    except FhirError as error:
        return with_error(error)
    path, _, query = entry.url.partition("?")
    named = {
        "If-Match": entry.if_match,
        "If-None-Exist": entry.if_none_exist,
        "If-None-Match": entry.if_none_match,
    }
    headers = {name: value for name, value in named.items() if value}
    content = b"" if entry.resource is None else dumps(entry.resource)
    if entry.method == "PATCH":
        headers["Content-Type"], content = "application/json-patch+json", _patch(entry.resource)
    return handle(FhirRequest(entry.method, path, parse_qsl(query, keep_blank_values=True), headers, content))


def _patch(resource: Any) -> bytes:
    try:
        return base64.b64decode((resource or {}).get("data", ""), validate=True)
    except (binascii.Error, TypeError):
        return b""


def _as_entry(answer: FhirResponse) -> Entry:
    response: Json = {"status": str(answer.status)}
    for header, name in (("ETag", "etag"), ("Location", "location")):
        if value := answer.headers.get(header):
            response[name] = value
    if answer.status >= 400:
        return Entry(response={**response, "outcome": simplejson.loads(answer.body)})
    return Entry(resource=answer.body or None, response=response)
