"""A FHIR store in memory: enough of the Healthcare API for tests, with its shapes and addresses."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import UTC, datetime
from typing import Any
from urllib.parse import parse_qsl, urlencode

import simplejson

from runtime.clients.healthcare import StoreAnswer
from runtime.errors import Unavailable

BASE = "https://healthcare.googleapis.com/v1/projects/p/locations/l/datasets/d/fhirStores/ehr/fhir"
Resource = dict[str, Any]
_TYPES = [
    {"type": kind, "interaction": [{"code": "read"}, {"code": "search-type"}]}
    for kind in ("Observation", "Organization", "Patient")
]
_STATEMENT = {"resourceType": "CapabilityStatement", "rest": [{"mode": "server", "resource": _TYPES}]}


class FakeStore:
    """`received` holds every request, so that a test can look for what must not be there. With `stamped` each
    version gets its `meta`, as a real store's does; `counts` is whether `_summary=count` is answered.
    """

    def __init__(self, base: str = BASE, stamped: bool = False, counts: bool = False) -> None:
        self.addresses: tuple[str, ...] = (base,)
        self.stamped, self.counts = stamped, counts
        self.versions: dict[str, list[Resource]] = {}
        self.received: list[tuple[str, str, str, dict[str, str], bytes]] = []
        self.down = False

    async def send(
        self,
        method: str,
        path: str,
        query: str = "",
        headers: Mapping[str, str] | None = None,
        body: bytes = b"",
    ) -> StoreAnswer:
        self.received.append((method, path, query, dict(headers or {}), body))
        if self.down:
            raise Unavailable("The FHIR store does not answer.")
        parts = path.strip("/").split("/") if path.strip("/") else []
        resource = simplejson.loads(body, use_decimal=True) if body.startswith(b"{") else {}
        if not parts:
            return self._bundle(resource)
        if parts == ["metadata"]:
            return _answer(200, _STATEMENT)
        if parts[-1] == "_search":
            query = body.decode()
        return self._one(method, parts, query, resource)

    async def close(self) -> None:
        self.down = True

    def resource(self, name: str) -> Resource:
        return self.versions[name][-1]

    def _one(self, method: str, parts: list[str], query: str, resource: Resource) -> StoreAnswer:
        if method == "POST" and parts[-1] != "_search":
            return self._put(parts[0], f"id-{len(self.versions) + 1}", resource, 201)
        if len(parts) == 1 or parts[-1] == "_search":
            return self._search(parts[0], query)
        name = "/".join(parts[:2])
        if method == "PUT":
            return self._put(parts[0], parts[1], resource, 200 if name in self.versions else 201)
        if name not in self.versions:
            return _answer(404, {"resourceType": "OperationOutcome", "issue": [{"code": "not-found"}]})
        if method == "DELETE":
            del self.versions[name]
            return StoreAnswer(200, {}, b"{}")
        if parts[2:] == ["_history"]:
            return self._history(name)
        return _answer(200, self.resource(name), self._headers(name))

    def _history(self, name: str) -> StoreAnswer:
        versions = self.versions[name]
        methods = ["POST", *["PUT"] * (len(versions) - 1)]
        entries = [
            {"resource": version, "request": {"method": method, "url": name}}
            for version, method in zip(versions, methods, strict=True)
        ]
        return _answer(200, {"resourceType": "Bundle", "type": "history", "entry": entries[::-1]})

    def _put(self, kind: str, identity: str, resource: Resource, status: int) -> StoreAnswer:
        name, stored = f"{kind}/{identity}", {**resource, "id": identity}
        if self.stamped:
            version, now = len(self.versions.get(name, [])) + 1, datetime.now(UTC).isoformat()
            stored["meta"] = {**resource.get("meta", {}), "versionId": str(version), "lastUpdated": now}
        self.versions.setdefault(name, []).append(stored)
        return _answer(status, stored, self._headers(name))

    def _search(self, kind: str, query: str) -> StoreAnswer:
        found = [v[-1] for name, v in self.versions.items() if name.startswith(kind + "/")]
        asked = dict(parse_qsl(query))
        if (since := asked.get("_lastUpdated", "")).startswith("gt"):
            found = [each for each in found if _updated(each) > datetime.fromisoformat(since[2:])]
        if asked.get("_summary") == "count" and self.counts:
            return _answer(200, {"resourceType": "Bundle", "type": "searchset", "total": len(found)})
        for name, value in asked.items():
            if name == "identifier":
                found = [resource for resource in found if _has(resource, value.split(","))]
            if name == "_include":
                found += [v[-1] for name, v in self.versions.items() if name.startswith("Patient/")]
        base, link = self.addresses[0], [{"relation": "self", "url": f"{self.addresses[0]}/{kind}/?{query}"}]
        if "_count" in asked:
            found, more = _page(found, asked)
            link += [{"relation": "next", "url": f"{base}/{kind}/?{urlencode(more)}"}] if more else []
        entries = [{"fullUrl": f"{base}/{r['resourceType']}/{r['id']}", "resource": r} for r in found]
        return _answer(200, {"resourceType": "Bundle", "type": "searchset", "link": link, "entry": entries})

    def _bundle(self, bundle: Resource) -> StoreAnswer:
        entries = []
        for entry in bundle.get("entry", []):
            url, method = entry["request"]["url"], entry["request"]["method"]
            path, _, query = url.partition("?")
            answer = self._one(method, path.split("/"), query, entry.get("resource", {}))
            response = {"status": str(answer.status), "location": answer.headers.get("location", "")}
            found = {"resource": simplejson.loads(answer.body, use_decimal=True)} if method == "GET" else {}
            entries.append({"response": response, **found})
        kind = f"{bundle['type']}-response"
        return _answer(200, {"resourceType": "Bundle", "type": kind, "entry": entries})

    def _headers(self, name: str) -> dict[str, str]:
        version = len(self.versions[name])
        return {"location": f"{self.addresses[0]}/{name}/_history/{version}", "etag": f'W/"{version}"'}


def _page(found: list[Resource], asked: dict[str, str]) -> tuple[list[Resource], dict[str, str]]:
    """In the order of ids, after the token's; with what asks for the next page."""
    rest = sorted((r for r in found if r["id"] > asked.get("_page_token", "")), key=lambda r: str(r["id"]))
    size = int(asked["_count"])
    return rest[:size], {**asked, "_page_token": rest[size - 1]["id"]} if len(rest) > size else {}


def _updated(resource: Resource) -> datetime:
    return datetime.fromisoformat(resource["meta"]["lastUpdated"])


def _has(resource: Resource, tokens: list[str]) -> bool:
    held = resource.get("identifier", [])
    values = {name for each in held for name in (each["value"], f"{each['system']}|{each['value']}")}
    return not values.isdisjoint(tokens)


def _answer(status: int, body: Any, headers: Mapping[str, str] | None = None) -> StoreAnswer:
    text = simplejson.dumps(body, use_decimal=True)
    return StoreAnswer(status, {"content-type": "application/fhir+json", **(headers or {})}, text.encode())
