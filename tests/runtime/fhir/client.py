"""What tests use to talk to a store: one call a line."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any
from urllib.parse import parse_qsl

import simplejson

from runtime.fhir.messages import FhirRequest, FhirResponse
from runtime.fhir.service import FhirService


@dataclass(frozen=True)
class Client:
    service: FhirService
    dsn: str

    def send(self, method: str, url: str, body: Any = None, **headers: str) -> FhirResponse:
        """`headers` in Python spelling: `if_match`."""
        path, _, query = url.partition("?")
        data = body if isinstance(body, bytes) else b"" if body is None else simplejson.dumps(body).encode()
        named = {name.replace("_", "-"): value for name, value in headers.items()}
        return self.service.handle(
            FhirRequest(method, path, parse_qsl(query, keep_blank_values=True), named, data)
        )

    def json(self, method: str, url: str, body: Any = None, status: int | None = None, **headers: str) -> Any:
        answer = self.send(method, url, body, **headers)
        parsed = simplejson.loads(answer.body, use_decimal=True) if answer.body else None
        if status is not None:
            assert answer.status == status, (answer.status, parsed)
        return parsed

    def create(self, resource: dict[str, Any]) -> str:
        return str(self.json("POST", resource["resourceType"], resource, 201)["id"])

    def found(self, url: str, **headers: str) -> list[str]:
        """Ids of what a search finds, in order."""
        bundle = self.json("GET", url, None, 200, **headers)
        return [entry["resource"]["id"] for entry in bundle.get("entry", [])]

    def refusal(self, method: str, url: str, body: Any = None, **headers: str) -> tuple[int, str, str]:
        """Status, code and sentence of an OperationOutcome."""
        answer = self.send(method, url, body, **headers)
        parsed = simplejson.loads(answer.body)
        assert parsed["resourceType"] == "OperationOutcome"
        return answer.status, parsed["issue"][0]["code"], parsed["issue"][0]["diagnostics"]
