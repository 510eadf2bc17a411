"""Property values to Google's JSON and back."""

from __future__ import annotations

from typing import Any

from localcloud.plugin.catalogue import Property, Tree
from localcloud.plugin.kinds import UNSET, Field, Json, Kind

UNSENT = frozenset({"deletionPolicy", "forceDestroy"})
"""Properties that only the provider knows, of whatever type."""

_PLAIN = Field()
_ZEROS: dict[str, Any] = {"s": "", "i": 0, "n": 0, "b": False}


def encode(kind: Kind, tree: Tree, values: Json, *, update: bool = False) -> Json:
    """The request body for a resource: what is empty is left out, as the published provider does."""
    body: Json = {}
    for name, prop in tree.items():
        rule = kind.fields.get(name)
        if rule is None and (name in kind.parameters or name in UNSENT):
            continue
        if update and (kind.replaces(name) or (rule is not None and not rule.update)):
            continue
        _put_field(kind, prop, values.get(name), name, body)
    return body


def _encode_object(kind: Kind, tree: Tree, values: Json, path: str) -> Json:
    body: Json = {}
    for name, prop in tree.items():
        _put_field(kind, prop, values.get(name), f"{path}.{name}", body)
    return body


def _put_field(kind: Kind, prop: Property, value: Any, path: str, body: Json) -> None:
    rule = kind.fields.get(path, _PLAIN)
    if rule.wire is None:
        return
    sent = rule.encode(value) if rule.encode else _encode_value(kind, prop, value, path)
    if sent is UNSET:
        return
    if _is_empty(sent) and not (rule.keep and isinstance(value, dict)):
        if rule.always is UNSET:
            return
        sent = rule.always
    put(body, rule.wire or prop.rest, sent)


def _encode_value(kind: Kind, prop: Property, value: Any, path: str) -> Any:
    if prop.tree is None or value is None:
        return [value] if prop.kind.startswith("1") and value else value
    if prop.is_list:
        return [_encode_object(kind, prop.tree, item, path) for item in value]
    if prop.kind == "{o":
        return {key: _encode_object(kind, prop.tree, item, path) for key, item in value.items()}
    return _encode_object(kind, prop.tree, value, path)


def _is_empty(value: Any) -> bool:
    return value is UNSET or value is None or value in ("", 0, False) or value == [] or value == {}


def decode(kind: Kind, tree: Tree, answer: Json, path: str = "") -> Json:
    """Every property that a type has, as Google's answer gives it."""
    return {name: _decode_field(kind, prop, answer, f"{path}{name}") for name, prop in tree.items()}


def _decode_field(kind: Kind, prop: Property, answer: Json, path: str) -> Any:
    rule = kind.fields.get(path, _PLAIN)
    found = get(answer, rule.wire or prop.rest) if rule.wire is not None else None
    if rule.decode:
        return rule.decode(found)
    value = _decode_value(kind, prop, found, path, rule)
    if value is None:
        return _ZEROS.get(prop.kind, [] if prop.kind == "[o" else None) if rule.zero is UNSET else rule.zero
    return value


def _decode_value(kind: Kind, prop: Property, value: Any, path: str, rule: Field) -> Any:
    if value is None or (value in ({}, []) and not rule.keep):
        return None
    if prop.tree is None:
        return _decode_scalar(prop.kind, value)
    if prop.is_list:
        items = value if isinstance(value, list) else [value]
        return [decode(kind, prop.tree, item, f"{path}.") for item in items]
    if prop.kind == "{o":
        return {key: decode(kind, prop.tree, item, f"{path}.") for key, item in value.items()}
    return decode(kind, prop.tree, value[0] if isinstance(value, list) else value, f"{path}.")


def _decode_scalar(kind: str, value: Any) -> Any:
    """Google writes 64-bit integers as strings."""
    if kind.startswith("1"):
        return _decode_scalar(kind[1:], value[0] if isinstance(value, list) else value)
    if kind == "i":
        return int(value)
    if kind == "n":
        return float(value)
    if kind == "s" and not isinstance(value, str):
        return str(value).lower() if isinstance(value, bool) else str(value)
    return value


def get(data: Any, path: str) -> Any:
    for step in path.split("."):
        if not isinstance(data, dict):
            return None
        data = data.get(step)
    return data


def put(data: Json, path: str, value: Any) -> None:
    *parents, last = path.split(".")
    for step in parents:
        data = data.setdefault(step, {})
    data[last] = value
