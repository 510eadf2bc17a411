"""A request as the runtime understands it, before anything is done about it."""

from __future__ import annotations

import base64
import binascii
from dataclasses import dataclass, replace
from typing import Any
from urllib.parse import parse_qs

from starlette.requests import Request

from runtime.bundles import bundle_interaction, conditional_needs, require_type
from runtime.errors import Malformed, NotAcceptable, Unprocessable, WrongMediaType
from runtime.interaction import Interaction, search_needs
from runtime.jsontext import parse as parse_json
from runtime.jsontext import parse_object

FORM = "application/x-www-form-urlencoded"
PATCH = "application/json-patch+json"
JSON = ("application/fhir+json", "application/json")
_FORMATS = ("json", "application/json", "application/fhir+json", "text/json")
_PASSED = ("if-match", "if-modified-since", "if-none-exist", "if-none-match", "prefer")


@dataclass(frozen=True)
class Incoming:
    """`headers` are the ones that may go on to the store."""

    method: str
    interaction: Interaction
    body: bytes
    headers: dict[str, str]


async def read(request: Request, asked: Interaction, fhir_url: str) -> Incoming:
    _check_format(request)
    headers = {name: request.headers[name] for name in _PASSED if name in request.headers}
    headers["accept"] = "application/fhir+json"
    if request.method in ("GET", "DELETE"):
        return Incoming(request.method, asked, b"", headers)
    media_type = request.headers.get("content-type", "").partition(";")[0].strip().lower()
    body = await request.body()
    headers["content-type"] = _media_type(asked, media_type)
    return Incoming(request.method, _judge(asked, body, headers, fhir_url), body, headers)


def _judge(asked: Interaction, body: bytes, headers: dict[str, str], fhir_url: str) -> Interaction:
    """What the body adds to what the address says."""
    if headers["content-type"] == FORM:
        return _with_form(asked, body)
    if asked.name == "patch":
        _check_patch(parse_json(body))
        return asked
    document = parse_object(body)
    if asked.name == "transaction":
        bundle, parts = bundle_interaction(document, fhir_url)
        for part, entry in zip(parts, document.get("entry", []), strict=True):
            if part.name == "patch":
                _check_bundle_patch(entry.get("resource"))
        return bundle
    require_type(document, asked, "The resource's body")
    if "if-none-exist" in headers:
        return replace(asked, needs=(*asked.needs, *conditional_needs(asked, headers["if-none-exist"])))
    return asked


def _with_form(asked: Interaction, body: bytes) -> Interaction:
    try:
        form = body.decode("ascii")
    except UnicodeDecodeError as error:
        raise Malformed("A form must be percent-encoded ASCII.") from error
    return replace(asked, form=form, needs=(*asked.needs, *search_needs(form)))


def _media_type(asked: Interaction, given: str) -> str:
    allowed = {"search-type": (FORM,), "patch": (PATCH,)}.get(asked.name, JSON)
    if given not in allowed:
        raise WrongMediaType(f"Content-Type must be {' or '.join(allowed)}.")
    return "application/fhir+json; charset=utf-8" if given in JSON else given


def _check_patch(operations: Any) -> None:
    """A patch of an identifier would go past encryption: it has a path, not a system and value together."""
    if not isinstance(operations, list) or not all(isinstance(each, dict) for each in operations):
        raise Malformed("A JSON Patch is an array of operations.")
    for operation in operations:
        for name in ("path", "from"):
            path = operation.get(name, "/status")
            if not isinstance(path, str) or path in ("", "/contained") or "dentifier" in path or "~" in path:
                raise Unprocessable("Identifiers and whole resources are not patched; use PUT.")
        if "dentifier" in str(operation.get("value")) or "'system'" in str(operation.get("value")):
            raise Unprocessable("Identifiers are not patched; use PUT.")


def _check_bundle_patch(resource: Any) -> None:
    """In a bundle a patch is a Binary."""
    data = resource.get("data") if isinstance(resource, dict) else None
    try:
        _check_patch(parse_json(base64.b64decode(str(data), validate=True)))
    except binascii.Error as error:
        raise Malformed("A patch in a bundle is a Binary with base64 data.") from error


def _check_format(request: Request) -> None:
    asked = parse_qs(request.url.query).get("_format", ["json"])
    accept = request.headers.get("accept", "*/*").lower()
    if any(each not in _FORMATS for each in asked) or not any(
        mark in accept for mark in ("json", "*/*", "application/*")
    ):
        raise NotAcceptable("Only JSON is offered: application/fhir+json.")
