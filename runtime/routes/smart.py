"""What a client may know before it has a token: smart-configuration and the capability statement.

https://hl7.org/fhir/smart-app-launch/conformance.html
"""

from __future__ import annotations

import asyncio
import json
import time
from dataclasses import dataclass, field
from typing import Any

from starlette.requests import Request
from starlette.responses import JSONResponse, Response

from runtime.errors import Unavailable
from runtime.outcome import FHIR_JSON
from runtime.parts import Parts
from runtime.rewrite import Rewrite
from runtime.tokens.assertion import ALGORITHMS

_FRESH_SECONDS = 300.0
_BULK = "http://hl7.org/fhir/uv/bulkdata"
_OAUTH_URIS = "http://fhir-registry.smarthealthit.org/StructureDefinition/oauth-uris"


@dataclass(frozen=True)
class SmartConfiguration:
    parts: Parts

    async def __call__(self, request: Request) -> Response:
        base_url = await self.parts.outside.address.base_url()
        return JSONResponse(
            {
                "issuer": base_url,
                "jwks_uri": f"{base_url}/auth/jwks",
                "token_endpoint": f"{base_url}/auth/token",
                "token_endpoint_auth_methods_supported": ["private_key_jwt"],
                "token_endpoint_auth_signing_alg_values_supported": list(ALGORITHMS),
                "grant_types_supported": ["client_credentials"],
                "scopes_supported": ["system/*.cruds", "system/*.rs", "system/*.read", "system/*.write"],
                "response_types_supported": [],
                "code_challenge_methods_supported": ["S256"],
                "capabilities": ["client-confidential-asymmetric", "permission-v1", "permission-v2"],
            },
            headers={"Cache-Control": "public, max-age=300"},
        )


@dataclass
class Metadata:
    """The store's own statement, with this server's address and security; kept five minutes."""

    parts: Parts
    _known: dict[str, Any] | None = None
    _at: float = field(default=float("-inf"))

    async def __call__(self, request: Request) -> Response:
        body = await asyncio.to_thread(json.dumps, await self._statement())
        return Response(body, media_type=FHIR_JSON, headers={"Cache-Control": "public, max-age=300"})

    async def searchable(self) -> set[str]:
        """The types of which everything can be found."""
        found = (
            each for rest in (await self._statement()).get("rest", []) for each in rest.get("resource", [])
        )
        return {each["type"] for each in found if {"code": "search-type"} in each.get("interaction", [])}

    async def _statement(self) -> dict[str, Any]:
        if self._known is None or time.monotonic() - self._at > _FRESH_SECONDS:
            self._known, self._at = await self._load(), time.monotonic()
        return self._known

    async def _load(self) -> dict[str, Any]:
        store, base_url = self.parts.outside.store, await self.parts.outside.address.base_url()
        answer = await store.send("GET", "/metadata", "", {"accept": FHIR_JSON})
        if answer.status != 200:
            raise Unavailable("The FHIR store does not tell its capabilities at present.")
        statement: dict[str, Any] = json.loads(
            Rewrite(store.addresses, base_url + "/fhir").outward(answer.body)
        )
        for rest in statement.get("rest", []):
            rest["security"] = _security(base_url)
            _add_export(rest)
        statement["instantiates"] = [
            *statement.get("instantiates", []),
            f"{_BULK}/CapabilityStatement/bulk-data",
        ]
        statement["implementation"] = {
            "description": f"FHIR API of {self.parts.settings.tenant}",
            "url": base_url + "/fhir",
        }
        return statement


def _add_export(rest: dict[str, Any]) -> None:
    """What this server adds to the store: bulk data export of everything and of all patients."""
    _operation(rest, "export", "export")
    for each in rest.get("resource", []):
        if each["type"] == "Patient":
            _operation(each, "export", "patient-export")


def _operation(holder: dict[str, Any], name: str, definition: str) -> None:
    """In the place of the store's own of that name."""
    others = [each for each in holder.get("operation", []) if each["name"] != name]
    holder["operation"] = [
        *others,
        {"name": name, "definition": f"{_BULK}/OperationDefinition/{definition}"},
    ]


def _security(base_url: str) -> dict[str, Any]:
    service = {
        "system": "http://terminology.hl7.org/CodeSystem/restful-security-service",
        "code": "SMART-on-FHIR",
    }
    token = {"url": "token", "valueUri": f"{base_url}/auth/token"}
    return {"service": [{"coding": [service]}], "extension": [{"url": _OAUTH_URIS, "extension": [token]}]}
