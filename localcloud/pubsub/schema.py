"""Schemas: definitions are checked, and messages against AVRO in JSON encoding.

Not checked: protocol buffer definitions and messages, AVRO messages in binary encoding, AVRO logical types.
"""

from __future__ import annotations

import json
from collections.abc import Iterable
from typing import Any

from localcloud.api import ApiError, Json

_PRIMITIVES: dict[str, tuple[type, ...]] = {
    "null": (type(None),),
    "boolean": (bool,),
    "int": (int,),
    "long": (int,),
    "float": (int, float),
    "double": (int, float),
    "bytes": (str,),
    "string": (str,),
}


def check_definition(schema: Json) -> None:
    """An AVRO definition must be a schema we can read; a protocol buffer one is taken as it is."""
    kind = schema.get("type")
    if kind not in ("AVRO", "PROTOCOL_BUFFER"):
        raise ApiError(400, f"Schema.type: {kind!r} is not allowed; allowed: AVRO, PROTOCOL_BUFFER.")
    if not schema.get("definition"):
        raise ApiError(400, "Schema.definition must not be empty.")
    if kind == "AVRO":
        _known(_avro(schema), {})


def check_message(schema: Json, data: bytes, encoding: str) -> None:
    """Refuse data that does not fit an AVRO schema in JSON encoding."""
    if schema.get("type") != "AVRO" or encoding != "JSON":
        return
    try:
        value = json.loads(data)
    except ValueError as error:
        raise ApiError(
            400, "Invalid data in message: Message failed schema validation. It is no JSON."
        ) from error
    types: dict[str, Any] = {}
    definition = _avro(schema)
    _known(definition, types)
    if (problem := _problem(definition, value, types, "message")) is not None:
        raise ApiError(400, f"Invalid data in message: Message failed schema validation. {problem}.")


def _avro(schema: Json) -> Any:
    try:
        return json.loads(schema["definition"])
    except ValueError as error:
        raise ApiError(400, f"Invalid AVRO schema definition: {error}.") from error


def _known(schema: Any, types: dict[str, Any]) -> None:
    """Collect named types; an unknown type or a record without fields is an error."""
    if isinstance(schema, list):
        for branch in schema:
            _known(branch, types)
    elif isinstance(schema, str):
        if schema not in _PRIMITIVES and schema not in types:
            raise ApiError(400, f"Invalid AVRO schema definition: unknown type {schema!r}.")
    elif isinstance(schema, dict) and isinstance(schema.get("type"), dict | list):
        _known(schema["type"], types)
    elif isinstance(schema, dict) and "type" in schema:
        _known_complex(schema, types)
    else:
        raise ApiError(400, "Invalid AVRO schema definition: a type is missing.")


def _known_complex(schema: Json, types: dict[str, Any]) -> None:
    if "name" in schema and schema["type"] in ("record", "enum", "fixed"):
        types[schema["name"]] = schema
    required = {"record": "fields", "enum": "symbols", "array": "items", "map": "values", "fixed": "size"}
    member = required.get(schema["type"])
    if member is None:
        return _known(schema["type"], types)
    if member not in schema:
        raise ApiError(400, f"Invalid AVRO schema definition: {schema['type']} without {member}.")
    if schema["type"] == "record":
        for field in schema["fields"]:
            _known(field.get("type"), types)
    elif schema["type"] in ("array", "map"):
        _known(schema[member], types)
    return None


def _problem(schema: Any, value: Any, types: dict[str, Any], where: str) -> str | None:
    """What is wrong with the value, or None."""
    if isinstance(schema, list):
        return _union_problem(schema, value, types, where)
    kind = schema["type"] if isinstance(schema, dict) else schema
    if isinstance(kind, dict | list):
        return _problem(kind, value, types, where)
    if kind in _PRIMITIVES:
        fits = isinstance(value, _PRIMITIVES[kind]) and (kind == "boolean" or not isinstance(value, bool))
        return None if fits else f"{where} is not of type {kind}"
    if kind == "record":
        return _record_problem(schema, value, types, where)
    if kind in ("array", "map"):
        return _collection_problem(schema, kind, value, types, where)
    if kind == "enum":
        return None if value in schema["symbols"] else f"{where} is none of {', '.join(schema['symbols'])}"
    if kind == "fixed":
        return None if isinstance(value, str) else f"{where} is not of type fixed"
    return _problem(types[kind], value, types, where)


def _record_problem(schema: Json, value: Any, types: dict[str, Any], where: str) -> str | None:
    if not isinstance(value, dict):
        return f"{where} is no record"
    fields = {field["name"]: field for field in schema["fields"]}
    if unknown := sorted(set(value) - set(fields)):
        return f"{where} has the unknown field {unknown[0]}"
    for name, field in fields.items():
        if name not in value:
            return f"{where} lacks the field {name}"
        if (problem := _problem(field["type"], value[name], types, f"{where}.{name}")) is not None:
            return problem
    return None


def _collection_problem(schema: Json, kind: str, value: Any, types: dict[str, Any], where: str) -> str | None:
    members: Iterable[tuple[Any, Any]]
    if kind == "array" and isinstance(value, list):
        inner, members = schema["items"], enumerate(value)
    elif kind == "map" and isinstance(value, dict):
        inner, members = schema["values"], value.items()
    else:
        return f"{where} is no {kind}"
    problems = (_problem(inner, member, types, f"{where}[{key}]") for key, member in members)
    return next((problem for problem in problems if problem is not None), None)


def _union_problem(branches: list[Any], value: Any, types: dict[str, Any], where: str) -> str | None:
    """AVRO's JSON form of a union: null, or an object whose one key names the branch."""
    if value is None:
        return None if "null" in branches else f"{where} must not be null"
    named = {(b.get("name") or b["type"]) if isinstance(b, dict) else b: b for b in branches}
    if not isinstance(value, dict) or len(value) != 1 or next(iter(value)) not in named:
        return f"{where} must be an object with one of the keys {', '.join(named)}"
    branch, inner = next(iter(value.items()))
    return _problem(named[branch], inner, types, where)
