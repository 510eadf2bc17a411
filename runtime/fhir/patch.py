"""JSON Patch on a resource (https://www.rfc-editor.org/rfc/rfc6902, https://hl7.org/fhir/R4/http.html#patch)."""

from __future__ import annotations

import copy
from typing import Any

import simplejson

from runtime.fhir.errors import BadRequest, BadResource, Json
from runtime.fhir.jsontext import TOO_DEEP, loads
from runtime.fhir.nesting import too_deep

_OPERATIONS = ("add", "remove", "replace", "move", "copy", "test")


def parse(body: bytes) -> list[Json]:
    """The operations of a patch document."""
    wrapped = loads(b'{"patch":' + body + b"}")
    operations = wrapped.get("patch")
    if (
        len(wrapped) != 1
        or not isinstance(operations, list)
        or not all(isinstance(o, dict) for o in operations)
    ):
        raise BadRequest("A JSON Patch is an array of operations, each with op and path.")
    return operations


def patched(resource: Json, operations: list[Json]) -> Json:
    """A changed copy; all operations apply or none."""
    holder = {"": copy.deepcopy(resource)}
    for number, operation in enumerate(operations):
        try:
            _apply(holder, operation)
        except (KeyError, IndexError, ValueError, TypeError) as error:
            raise BadRequest(
                f"Patch operation {number} ({simplejson.dumps(operation, use_decimal=True)[:120]}) "
                f"does not apply: {error}.",
                f"patch[{number}]",
            ) from error
    result = holder[""]
    if not isinstance(result, dict):
        raise BadRequest("The patch leaves no object.")
    if too_deep(result):
        raise BadResource(TOO_DEEP)
    return result


def _apply(holder: dict[str, Any], operation: Json) -> None:
    name = operation.get("op")
    if name not in _OPERATIONS:
        raise ValueError(f"op {name!r} is not one of {', '.join(_OPERATIONS)}")
    path = _pointer(operation["path"])
    match name:
        case "add":
            _add(holder, path, operation["value"])
        case "remove":
            _remove(holder, path)
        case "replace":
            _remove(holder, path)
            _add(holder, path, operation["value"])
        case "move":
            _add(holder, path, _remove(holder, _pointer(operation["from"])))
        case "copy":
            _add(holder, path, copy.deepcopy(_find(holder, _pointer(operation["from"]))))
        case "test":
            if _find(holder, path) != operation["value"]:
                raise ValueError("the value is another one")


def _pointer(text: Any) -> list[str]:
    if not isinstance(text, str) or (text and not text.startswith("/")):
        raise ValueError(f"{text!r} is not a JSON pointer")
    return [part.replace("~1", "/").replace("~0", "~") for part in text.split("/")]


def _find(holder: Any, path: list[str]) -> Any:
    for part in path:
        holder = holder[_index(part, len(holder) - 1)] if isinstance(holder, list) else holder[part]
    return holder


def _index(part: str, most: int) -> int:
    if not part.isdigit() or int(part) > most:
        raise IndexError(f"{part!r} is not an index up to {most}")
    return int(part)


def _add(holder: Any, path: list[str], value: Any) -> None:
    owner, last = _find(holder, path[:-1]), path[-1]
    if isinstance(owner, list):
        owner.insert(len(owner) if last == "-" else _index(last, len(owner)), value)
    elif isinstance(owner, dict):
        owner[last] = value
    else:
        raise TypeError(f"{last!r} has no object or array to be in")


def _remove(holder: Any, path: list[str]) -> Any:
    owner, last = _find(holder, path[:-1]), path[-1]
    return owner.pop(_index(last, len(owner) - 1)) if isinstance(owner, list) else owner.pop(last)
