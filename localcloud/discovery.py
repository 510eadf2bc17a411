"""Google's discovery documents, as the google-api-python-client wheel carries them: methods and schemas.

Format: https://developers.google.com/discovery/v1/reference/apis. Only what routing, generic
behaviour and type checks need is kept, so that the whole index stays small.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass, field
from functools import cache
from pathlib import Path
from typing import Any

import googleapiclient
import orjson

from localcloud.ports import APIS

_DOCUMENTS = Path(googleapiclient.__file__).parent / "discovery_cache" / "documents"
_OWN = Path(__file__).parent / "documents"
"""Documents in the same format of APIs that the wheel lacks, cut to what is served here."""

_VERSION = re.compile(r"v\d+\w*|alpha|beta")
_READ_ONLY = ("[output only]", "output only", "output-only")


@dataclass(frozen=True, slots=True)
class Method:
    """One method of one version: `id` without version, `template` the flat path, `path` with `{+name}`."""

    api: str
    version: str
    id: str
    verb: str
    template: str
    path: str
    request: str | None
    response: str | None
    id_parameter: str | None
    name_start: int
    name_end: int

    @property
    def action(self) -> str:
        return self.id.rpartition(".")[2]

    @property
    def resource(self) -> str:
        """The id without its action: `cloudkms.projects.locations.keyRings`."""
        return self.id.rpartition(".")[0]


@dataclass(frozen=True, slots=True)
class Schema:
    """Types of a message's fields, and which of them the server sets."""

    fields: dict[str, Any]
    read_only: frozenset[str]
    kind: str | None = None
    list_field: str | None = None


@dataclass(frozen=True)
class Document:
    """One version of one API."""

    methods: tuple[Method, ...]
    name: str
    version: str
    _schemas: dict[str, Schema] = field(default_factory=dict)

    def schema(self, name: str | None) -> Schema | None:
        """A schema by name; the API's schemas are read on first use."""
        if name is None:
            return None
        if not self._schemas:
            self._schemas.update(_schemas(_read(self.name, self.version)))
        return self._schemas.get(name)


def _read(api: str, version: str) -> dict[str, Any]:
    file = f"{api}.{version}.json"
    folder = _DOCUMENTS if (_DOCUMENTS / file).exists() else _OWN
    document: dict[str, Any] = orjson.loads((folder / file).read_bytes())
    return document


@cache
def document(api: str, version: str) -> Document:
    """The compact form of one discovery document."""
    raw = _read(api, version)
    return Document(tuple(_methods(api, version, raw)), api, version)


@cache
def methods_by_id() -> dict[str, Method]:
    """Every method that localcloud knows; the first version in ports.py wins."""
    found: dict[str, Method] = {}
    for api in APIS:
        for version in api.versions:
            for method in document(api.name, version).methods:
                found.setdefault(method.id, method)
    return found


def _methods(api: str, version: str, raw: dict[str, Any]) -> Iterator[Method]:
    for entry in _walk(raw):
        base = raw["servicePath"]
        yield _method(api, version, entry, base + entry.get("flatPath", entry["path"]), base + entry["path"])
        for protocol, upload in entry.get("mediaUpload", {}).get("protocols", {}).items():
            path = upload["path"].lstrip("/")
            flat = _flattened(path, entry)
            yield _method(api, version, entry, flat, path)
            if protocol == "resumable":
                yield _method(api, version, entry | {"httpMethod": "PUT"}, flat, path)


def _flattened(path: str, entry: dict[str, Any]) -> str:
    """Upload paths have no flat form: take the number of segments from the method's own flat path."""
    if "{+" not in path:
        return path
    flat = entry.get("flatPath", entry["path"])
    inner = re.search(r"(projects/.*\})", flat)
    return re.sub(r"\{\+\w+\}", inner.group(1) if inner else "{id}", path)


def _walk(resource: dict[str, Any]) -> Iterator[dict[str, Any]]:
    yield from resource.get("methods", {}).values()
    for child in resource.get("resources", {}).values():
        yield from _walk(child)


def _method(api: str, version: str, entry: dict[str, Any], template: str, path: str) -> Method:
    segments = template.split("/")
    start = next((i for i, part in enumerate(segments) if _VERSION.fullmatch(part)), -1) + 1
    return Method(
        api,
        version,
        entry["id"],
        entry["httpMethod"],
        template,
        path,
        entry.get("request", {}).get("$ref"),
        entry.get("response", {}).get("$ref"),
        _id_parameter(entry),
        start,
        _name_end(segments, entry["id"].rpartition(".")[2]),
    )


def _name_end(segments: list[str], action: str) -> int:
    """A trailing literal that is only the method's own name (`…/restart`, `…/iam`) is no part of the name."""
    end = len(segments)
    if segments[-1] == action:
        return end - 1
    if action.endswith("IamPolicy") and segments[-1] == "iam":
        return end - 1
    if action == "testIamPermissions" and segments[-2:] == ["iam", "testPermissions"]:
        return end - 2
    return end


def _id_parameter(entry: dict[str, Any]) -> str | None:
    """The query parameter that names a new resource, such as `keyRingId`."""
    if entry["httpMethod"] != "POST":
        return None
    names = [
        n for n, p in entry.get("parameters", {}).items() if p["location"] == "query" and n.endswith("Id")
    ]
    names = [n for n in names if n not in ("requestId", "projectId")]
    return names[0] if names else None


def _schemas(raw: dict[str, Any]) -> Iterator[tuple[str, Schema]]:
    for name, schema in raw.get("schemas", {}).items():
        properties = schema.get("properties", {})
        yield (
            name,
            Schema(
                {key: _type(value) for key, value in properties.items()},
                frozenset(key for key, value in properties.items() if _is_read_only(value)),
                properties.get("kind", {}).get("default"),
                next(
                    (
                        k
                        for k, v in properties.items()
                        if v.get("type") == "array" and "$ref" in v.get("items", {})
                    ),
                    None,
                ),
            ),
        )


def _is_read_only(value: dict[str, Any]) -> bool:
    return bool(value.get("readOnly")) or value.get("description", "").lower().startswith(_READ_ONLY)


def _type(value: dict[str, Any]) -> Any:
    """Compact type: a word, `("array", T)`, `("map", T)`, `("ref", name)` or `("enum", names)`."""
    if "$ref" in value:
        return ("ref", value["$ref"])
    if value.get("enum"):
        return ("enum", tuple(value["enum"]))
    kind = value.get("type", "any")
    if kind == "array":
        return ("array", _type(value["items"]))
    if kind == "object":
        inner = value.get("additionalProperties")
        return ("map", _type(inner)) if inner else "object"
    return "int64" if value.get("format") in ("int64", "uint64") else kind
