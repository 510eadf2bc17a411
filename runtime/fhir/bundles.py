"""Bundles as answers, put together from stored bytes without reading them again."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from urllib.parse import urlencode

from runtime.fhir.errors import Json
from runtime.fhir.jsontext import dumps
from runtime.fhir.messages import CONTENT_TYPE, FhirResponse


@dataclass(frozen=True)
class Entry:
    """One entry of an answer; `resource` is JSON text."""

    full_url: str | None = None
    resource: bytes | None = None
    search: str | None = None
    request: Json | None = None
    response: Json | None = None

    def text(self) -> bytes:
        parts = [] if self.full_url is None else [b'"fullUrl":' + dumps(self.full_url)]
        if self.resource:
            parts.append(b'"resource":' + self.resource)
        if self.search:
            parts.append(b'"search":{"mode":"' + self.search.encode() + b'"}')
        if self.request:
            parts.append(b'"request":' + dumps(self.request))
        if self.response:
            parts.append(b'"response":' + dumps(self.response))
        return b"{" + b",".join(parts) + b"}"


def bundle(
    kind: str,
    entries: Sequence[Entry],
    url: str = "",
    query: Iterable[tuple[str, str]] = (),
    next_token: str | None = None,
    total: int | None = None,
) -> FhirResponse:
    """A Bundle of one page, with its self link and, where there is more, its next link."""
    head: Json = {"resourceType": "Bundle", "type": kind}
    if total is not None:
        head["total"] = total
    if url:
        head["link"] = _links(url, list(query), next_token)
    text = dumps(head)[:-1]
    if entries:
        text += b',"entry":[' + b",".join(entry.text() for entry in entries) + b"]"
    return FhirResponse(200, {"Content-Type": CONTENT_TYPE}, text + b"}")


def _links(url: str, query: list[tuple[str, str]], next_token: str | None) -> list[Json]:
    links = [{"relation": "self", "url": _url(url, query)}]
    if next_token:
        links.append({"relation": "next", "url": _url(url, [*query, ("_page_token", next_token)])})
    return links


def _url(url: str, query: list[tuple[str, str]]) -> str:
    return f"{url}?{urlencode(query)}" if query else url
