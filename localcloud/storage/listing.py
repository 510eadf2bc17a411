"""Listing objects: prefixes, delimiters, versions and pages."""

from __future__ import annotations

import base64

from localcloud.api import ApiError, Call, Json
from localcloud.cloud import Cloud
from localcloud.storage import generations, tables
from localcloud.storage.conditions import flag

_LARGEST = 1000


def objects_page(cloud: Cloud, call: Call, bucket: str) -> Json:
    """`storage.objects.list`."""
    query = call.query
    if query.get("matchGlob"):
        raise ApiError(501, "matchGlob is not offered here; use prefix and delimiter.")
    entries = _entries(
        cloud,
        bucket,
        query.get("prefix", ""),
        query.get("delimiter", ""),
        _states(call),
        flag(query, "includeTrailingDelimiter"),
    )
    start, end = query.get("startOffset", ""), query.get("endOffset", "")
    entries = [e for e in entries if e[0] >= start and (not end or e[0] < end)]
    return {
        "kind": "storage#objects",
        **_page(entries, _size(query.get("maxResults")), query.get("pageToken", "")),
    }


def _states(call: Call) -> tuple[str, ...]:
    if flag(call.query, "softDeleted"):
        return (tables.SOFT_DELETED,)
    return (tables.LIVE, tables.NONCURRENT) if flag(call.query, "versions") else (tables.LIVE,)


Entry = tuple[str, str, Json | None]
"""Name, sort key within the name, and the object; a common prefix has no object."""


def _entries(
    cloud: Cloud, bucket: str, prefix: str, delimiter: str, states: tuple[str, ...], trailing: bool
) -> list[Entry]:
    found: dict[tuple[str, str], Json | None] = {}
    for stored in generations.every(cloud, bucket, prefix, states):
        name = stored.body["name"]
        rest = name[len(prefix) :]
        if delimiter and delimiter in rest:
            folder = prefix + rest[: rest.index(delimiter) + len(delimiter)]
            found[folder, ""] = None
            if not (trailing and name == folder):
                continue
        found[name, stored.body["generation"].zfill(20)] = stored.body
    return [(name, key, found[name, key]) for name, key in sorted(found)]


def _size(given: str | None) -> int:
    if given and not given.isdigit():
        raise ApiError(400, f"Invalid maxResults: {given!r}.", reason="invalid")
    return min(int(given or 0) or _LARGEST, _LARGEST)


def _page(entries: list[Entry], size: int, token: str) -> Json:
    after = _after(token)
    rest = [e for e in entries if (e[0], e[1]) > after]
    page = rest[:size]
    answer: Json = {}
    if items := [body for _, _, body in page if body is not None]:
        answer["items"] = items
    if prefixes := [name for name, _, body in page if body is None]:
        answer["prefixes"] = prefixes
    if len(rest) > size:
        answer["nextPageToken"] = base64.urlsafe_b64encode("\0".join(page[-1][:2]).encode()).decode()
    return answer


def _after(token: str) -> tuple[str, str]:
    if not token:
        return "", ""
    try:
        name, _, key = base64.urlsafe_b64decode(token).decode().partition("\0")
    except ValueError as error:
        raise ApiError(400, "Invalid pageToken.", reason="invalid") from error
    return name, key
