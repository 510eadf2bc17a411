"""Names of enum values that Google's REST clients send as numbers (`$alt=json;enum-encoding=int`).

Discovery documents list an enum's names but not its numbers; Google's client libraries carry both, as
protobuf descriptors. Where no library is at hand only 0 is known: proto3's first value, listed first.
"""

from __future__ import annotations

from collections.abc import Mapping
from functools import cache
from importlib import import_module
from typing import Any

_LIBRARIES = {
    ("cloudkms", "v1"): "google.cloud.kms_v1.types",
    ("logging", "v2"): "google.cloud.logging_v2.types",
    ("pubsub", "v1"): "google.pubsub_v1.types",
    ("secretmanager", "v1"): "google.cloud.secretmanager_v1.types",
}


def named(api: str, version: str, place: tuple[str, str], names: tuple[str, ...], number: int) -> str | int:
    """The name of an enum's value at `place` (message and field), or the number where nothing tells it."""
    if number == 0:
        return names[0]
    return _numbers(api, version, *place).get(number, number)


@cache
def _numbers(api: str, version: str, message: str, field: str) -> Mapping[int, str]:
    library = _LIBRARIES.get((api, version))
    found: Any = getattr(import_module(library), message, None) if library else None
    if found is None:
        return {}
    enum = next((f.enum_type for f in found.pb().DESCRIPTOR.fields if f.json_name == field), None)
    return {value.number: value.name for value in enum.values} if enum else {}
