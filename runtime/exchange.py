"""One exchange with the store: sealed going out, opened coming back, audited on both ways."""

from __future__ import annotations

import asyncio
import json
from dataclasses import dataclass
from typing import Any

from starlette.responses import Response

from runtime.audit.trail import Trail
from runtime.bundles import references, require_visible
from runtime.clients.healthcare import StoreAnswer
from runtime.errors import Unavailable
from runtime.fields.query import rewrite_query
from runtime.incoming import FORM, Incoming
from runtime.outcome import FHIR_JSON, outcome_response
from runtime.parts import Parts
from runtime.rewrite import Rewrite
from runtime.tokens.access import Principal

_PASSED = ("content-location", "etag", "last-modified", "location")
_ISSUES = {
    400: "invalid",
    404: "not-found",
    409: "conflict",
    410: "deleted",
    412: "conflict",
    422: "processing",
    429: "throttled",
}


@dataclass(frozen=True)
class Exchange:
    parts: Parts
    principal: Principal
    trail: Trail
    fhir_url: str

    async def run(self, incoming: Incoming) -> Response:
        asked = incoming.interaction
        sealed, query = await self._seal(incoming)
        if asked.writes:
            await self.trail.intend()
        answer = await self.parts.outside.store.send(
            incoming.method, asked.path, query, sealed.headers, sealed.body
        )
        if answer.status in (401, 403):
            raise Unavailable("The FHIR store refuses the runtime's own identity.", status=502)
        return await self._answer(answer)

    async def _seal(self, incoming: Incoming) -> tuple[Incoming, str]:
        identifiers, headers = self.parts.identifiers, dict(incoming.headers)
        systems, index = identifiers.systems, self.parts.blind_key.index
        body = self._rewrite().inward(incoming.body)
        if headers.get("content-type") == FORM:
            body = (await asyncio.to_thread(rewrite_query, body.decode(), systems, index)).encode()
        elif identifiers.may_concern(body):
            body = await asyncio.to_thread(identifiers.seal, body)
        if "if-none-exist" in headers:
            headers["if-none-exist"] = await asyncio.to_thread(
                rewrite_query, headers["if-none-exist"], systems, index
            )
        query = incoming.interaction.query
        if query:
            query = await asyncio.to_thread(rewrite_query, query, systems, index)
        return Incoming(incoming.method, incoming.interaction, body, headers), query

    async def _answer(self, answer: StoreAnswer) -> Response:
        if answer.status >= 400 and b"OperationOutcome" not in answer.body[:200]:
            return outcome_response(
                answer.status, _ISSUES.get(answer.status, "exception"), "The FHIR store refuses the request."
            )
        body = await self._outward(answer.body)
        headers = {
            n: self._rewrite().outward(v.encode()).decode() for n, v in answer.headers.items() if n in _PASSED
        }
        return Response(body, answer.status, headers, media_type=FHIR_JSON if body else None)

    async def _outward(self, body: bytes) -> bytes:
        if not body:
            return body
        document: Any = json.loads(body)
        require_visible(document, self.principal.scopes)
        self.trail.references = references(document) or self.trail.references
        return self._rewrite().outward(await asyncio.to_thread(self.parts.identifiers.open, body))

    def _rewrite(self) -> Rewrite:
        return Rewrite(self.parts.outside.store.addresses, self.fhir_url)
