"""Pulumi's wire values and plain Python ones.

Secrets and unknowns travel in a Struct under reserved keys:
https://github.com/pulumi/pulumi/blob/master/sdk/python/lib/pulumi/runtime/rpc.py
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

from google.protobuf import struct_pb2

UNKNOWN_STRING = "04da6b54-80e4-46f7-96ec-b56ff0331ba9"
SIGNATURE = "4dabf18193072939515e22adb298388d"
SECRET = "1b47061264138c4ac30d75fd1eb44270"
OUTPUT = "d0e6a833031e9bbcd3f4e8bde6ca49a4"

Path = tuple[str | int, ...]


class Unknown:
    """A value that exists only after `up`."""

    def __repr__(self) -> str:
        return "UNKNOWN"


UNKNOWN = Unknown()


def plain(struct: struct_pb2.Struct) -> tuple[dict[str, Any], set[Path]]:
    """The values without their wrappings, and where the secrets among them are."""
    secrets: set[Path] = set()
    return {k: _plain(v, (k,), secrets) for k, v in struct.fields.items()}, secrets


def struct(
    values: Mapping[str, Any], secrets: set[Path] | frozenset[Path] = frozenset()
) -> struct_pb2.Struct:
    """The wire form; what lies at a path in `secrets` is wrapped as a secret."""
    message = struct_pb2.Struct()
    for key, value in values.items():
        message.fields[key].CopyFrom(_value(value, (key,), secrets))
    return message


def has_unknown(value: Any) -> bool:
    if isinstance(value, dict):
        return any(has_unknown(v) for v in value.values())
    if isinstance(value, list):
        return any(has_unknown(v) for v in value)
    return value is UNKNOWN


def existing(secrets: set[Path], values: Mapping[str, Any]) -> set[Path]:
    """The secret paths as they apply to other values: where one ends early, its longest part there."""
    return {path for path in (_shorten(path, values) for path in secrets) if path}


def _shorten(path: Path, values: Any) -> Path:
    for n, step in enumerate(path):
        if isinstance(values, (dict, list)) and step in _steps(values):
            values = values[step]  # type: ignore[index]
        else:
            return path[:n]
    return path


def _steps(value: dict[str, Any] | list[Any]) -> Iterator[Any]:
    return iter(value) if isinstance(value, dict) else iter(range(len(value)))


def _plain(value: struct_pb2.Value, path: Path, secrets: set[Path]) -> Any:
    which = value.WhichOneof("kind")
    if which == "string_value":
        return UNKNOWN if value.string_value == UNKNOWN_STRING else value.string_value
    if which == "number_value":
        number = value.number_value
        return int(number) if number.is_integer() else number
    if which == "bool_value":
        return value.bool_value
    if which == "list_value":
        return [_plain(v, (*path, n), secrets) for n, v in enumerate(value.list_value.values)]
    return _plain_object(value.struct_value.fields, path, secrets) if which == "struct_value" else None


def _plain_object(fields: Mapping[str, struct_pb2.Value], path: Path, secrets: set[Path]) -> Any:
    signature = fields[SIGNATURE].string_value if SIGNATURE in fields else ""
    if signature == SECRET or (
        signature == OUTPUT and fields["secret"].bool_value if "secret" in fields else False
    ):
        secrets.add(path)
    if signature in (SECRET, OUTPUT):
        return _plain(fields["value"], path, secrets) if "value" in fields else UNKNOWN
    return {k: _plain(v, (*path, k), secrets) for k, v in fields.items()}


def _value(value: Any, path: Path, secrets: set[Path] | frozenset[Path]) -> struct_pb2.Value:
    if path not in secrets:
        return _bare(value, path, secrets)
    inner = {SIGNATURE: _bare(SECRET, (), frozenset()), "value": _bare(value, path, secrets)}
    return struct_pb2.Value(struct_value=struct_pb2.Struct(fields=inner))


def _bare(value: Any, path: Path, secrets: set[Path] | frozenset[Path]) -> struct_pb2.Value:
    if value is None:
        return struct_pb2.Value(null_value=struct_pb2.NULL_VALUE)
    if value is UNKNOWN:
        return struct_pb2.Value(string_value=UNKNOWN_STRING)
    if isinstance(value, bool):
        return struct_pb2.Value(bool_value=value)
    if isinstance(value, (int, float)):
        return struct_pb2.Value(number_value=value)
    if isinstance(value, str):
        return struct_pb2.Value(string_value=value)
    if isinstance(value, dict):
        fields = {k: _value(v, (*path, k), secrets) for k, v in value.items()}
        return struct_pb2.Value(struct_value=struct_pb2.Struct(fields=fields))
    items = [_value(v, (*path, n), secrets) for n, v in enumerate(value)]
    return struct_pb2.Value(list_value=struct_pb2.ListValue(values=items))
