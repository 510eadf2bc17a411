"""IAM permissions of FHIR requests (https://cloud.google.com/healthcare-api/docs/access-control)."""

from __future__ import annotations

from typing import Any

import orjson

_RESOURCES = "healthcare.fhirResources."
SEARCH = "healthcare.fhirStores.searchResources"
BUNDLE = "healthcare.fhirStores.executeBundle"
_WRITES = {"POST": "create", "PUT": "update", "PATCH": "patch", "DELETE": "delete"}


def needed(method: str, path: str, has_query: bool = False, conditional: bool = False) -> set[str]:
    """The permissions of one request; `path` is relative to `…/fhir/`."""
    parts = [part for part in path.split("/") if part]
    if parts == ["metadata"]:
        return {"healthcare.fhirStores.get"}
    if not parts:
        return {BUNDLE}
    if parts[-1] == "_search" or (method in ("GET", "HEAD") and len(parts) == 1):
        return {SEARCH}
    if method in ("GET", "HEAD"):
        return {_RESOURCES + "get"}
    wanted = {_RESOURCES + _WRITES.get(method, "update")}
    if conditional or (has_query and len(parts) == 1):
        wanted.add(SEARCH)
    return wanted


def of_bundle(body: bytes) -> set[str]:
    """Those of every entry; a body that is no bundle asks for nothing and is refused later."""
    try:
        entries = orjson.loads(body)["entry"]
        return {p for entry in entries for p in _of_entry(entry["request"])}
    except (orjson.JSONDecodeError, KeyError, TypeError, AttributeError):
        return set()


def _of_entry(request: Any) -> set[str]:
    path, _, query = str(request["url"]).partition("?")
    return needed(str(request["method"]), path, bool(query), "ifNoneExist" in request)
