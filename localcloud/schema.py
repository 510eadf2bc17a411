"""Types of a request body, checked as Google's JSON parser does before any behaviour runs."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

from localcloud import enums
from localcloud.api import ApiError
from localcloud.discovery import Document, Method, Schema, document

_NAMES_ONLY = ("bigquery", "compute", "dns", "storage")
"""APIs older than Google's REST clients with numbers: an enum there is plain text."""


def of(method: Method, name: str | None) -> Schema | None:
    return document(method.api, method.version).schema(name) if method.version else None


def check(method: Method, body: Any) -> None:
    """Raise Google's 400 for the first field of a wrong type; unknown fields are kept.

    Enum values sent as numbers are replaced by their names in `body`, so that behaviours see only names.
    """
    if method.request in (None, "HttpBody") or body is None or not method.version:
        return
    if not isinstance(body, dict):
        raise ApiError(400, "Invalid JSON payload received. Expected an object at the top level.")
    _message(document(method.api, method.version), method.request, body, "")


def _message(found: Document, name: str | None, body: dict[str, Any], path: str) -> None:
    schema = found.schema(name)
    if schema is None:
        return
    for key, value in body.items():
        if value is not None and key in schema.fields:
            where = f"{path}.{key}" if path else key
            body[key] = _value(found, schema.fields[key], value, where, (str(name), key))


def _value(found: Document, kind: Any, value: Any, path: str, place: tuple[str, str]) -> Any:
    """The value as it is kept; `place` is the message and field that it belongs to."""
    if isinstance(kind, tuple):
        if kind[0] == "enum":
            return _enum(found, kind[1], value, path, place)
        _composite(found, kind, value, path, place)
    elif not _FITS[kind](value):
        raise _wrong(path, kind, value)
    return value


def _enum(found: Document, names: tuple[str, ...], value: Any, path: str, place: tuple[str, str]) -> Any:
    if isinstance(value, str):
        return value
    if isinstance(value, bool) or not isinstance(value, int) or found.name in _NAMES_ONLY:
        raise _wrong(path, "enum", value)
    return enums.named(found.name, found.version, place, names, value)


def _composite(found: Document, kind: tuple[str, Any], value: Any, path: str, place: tuple[str, str]) -> None:
    shape, inner = kind
    members: Iterable[tuple[Any, Any]]
    if shape == "array" and isinstance(value, list):
        members = enumerate(value)
    elif shape == "map" and isinstance(value, dict):
        members = value.items()
    elif shape == "ref" and isinstance(value, dict):
        return _message(found, inner, value, path)
    elif shape == "ref" and _is_any_json(found, inner):
        return
    else:
        raise _wrong(path, "list" if shape == "array" else "object", value)
    for key, entry in members:
        if entry is not None:
            value[key] = _value(found, inner, entry, f"{path}[{key}]", place)


def _is_any_json(found: Document, reference: str) -> bool:
    """A message without fields may be written as another JSON value (`google.protobuf.Value`)."""
    schema = found.schema(reference)
    return not schema or not schema.fields


def _number(value: Any) -> bool:
    if isinstance(value, str):
        try:
            float(value)
        except ValueError:
            return value in ("NaN", "Infinity", "-Infinity")
        return True
    return isinstance(value, int | float) and not isinstance(value, bool)


def _whole(value: Any) -> bool:
    return _number(value) and float(value) == int(float(value))


_FITS = {
    "string": lambda v: isinstance(v, str),
    "int64": _whole,
    "integer": _whole,
    "number": _number,
    "boolean": lambda v: isinstance(v, bool) or v in ("true", "false"),
    "object": lambda v: isinstance(v, dict),
    "any": lambda v: True,
    "null": lambda v: True,
}


def _wrong(path: str, kind: Any, value: Any) -> ApiError:
    word = {
        "boolean": "TYPE_BOOL",
        "integer": "TYPE_INT32",
        "int64": "TYPE_INT64",
        "number": "TYPE_DOUBLE",
    }.get(kind, f"TYPE_{str(kind).upper()}")
    message = f"Invalid value at '{path}' ({word}), {str(value)[:100]!r}"
    return ApiError(
        400,
        message,
        reason="badRequest",
        details=[
            {
                "@type": "type.googleapis.com/google.rpc.BadRequest",
                "fieldViolations": [{"field": path, "description": message}],
            }
        ],
    )
