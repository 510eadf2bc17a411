"""A FHIR store in memory: enough of the Healthcare API for tests, with its shapes and addresses."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any
from urllib.parse import parse_qsl

import simplejson

from runtime.clients.healthcare import StoreAnswer
from runtime.errors import Unavailable

BASE = "https://healthcare.googleapis.com/v1/projects/p/locations/l/datasets/d/fhirStores/ehr/fhir"
Resource = dict[str, Any]


class FakeStore:
    """`received` holds every request, so that a test can look for what must not be there."""

    def __init__(self, base: str = BASE) -> None:
        self.addresses: tuple[str, ...] = (base,)
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
            return _answer(200, {"resourceType": "CapabilityStatement", "rest": [{"mode": "server"}]})
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
        return _answer(200, self.resource(name), self._headers(name))

    def _put(self, kind: str, identity: str, resource: Resource, status: int) -> StoreAnswer:
        name, stored = f"{kind}/{identity}", {**resource, "id": identity}
        self.versions.setdefault(name, []).append(stored)
        return _answer(status, stored, self._headers(name))

    def _search(self, kind: str, query: str) -> StoreAnswer:
        found = [v[-1] for name, v in self.versions.items() if name.startswith(kind + "/")]
        for name, value in parse_qsl(query):
            if name == "identifier":
                found = [resource for resource in found if _has(resource, value.split(","))]
            if name == "_include":
                found += [v[-1] for name, v in self.versions.items() if name.startswith("Patient/")]
        base = self.addresses[0]
        entries = [{"fullUrl": f"{base}/{r['resourceType']}/{r['id']}", "resource": r} for r in found]
        link = [{"relation": "self", "url": f"{self.addresses[0]}/{kind}/?{query}"}]
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


def _has(resource: Resource, tokens: list[str]) -> bool:
    held = resource.get("identifier", [])
    values = {name for each in held for name in (each["value"], f"{each['system']}|{each['value']}")}
    return not values.isdisjoint(tokens)


def _answer(status: int, body: Any, headers: Mapping[str, str] | None = None) -> StoreAnswer:
    text = simplejson.dumps(body, use_decimal=True)
    return StoreAnswer(status, {"content-type": "application/fhir+json", **(headers or {})}, text.encode())
