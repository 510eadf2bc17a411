"""The FHIR API: judged here, answered by the tenant's store."""

from __future__ import annotations

from dataclasses import dataclass

from starlette.requests import Request
from starlette.responses import Response

from runtime.errors import ReadOnly
from runtime.exchange import Exchange
from runtime.idempotency import once
from runtime.incoming import read
from runtime.interaction import parse
from runtime.parts import Parts


@dataclass(frozen=True)
class FhirEndpoint:
    parts: Parts

    async def __call__(self, request: Request) -> Response:
        state, fhir_url = request.state, await self.parts.outside.address.fhir_url()
        query = request.scope["query_string"].decode("latin-1")
        asked = parse(request.method, request.path_params.get("path", ""), query)
        state.trail.about(asked)
        incoming = await read(request, asked, fhir_url)
        state.trail.about(incoming.interaction)
        state.principal.scopes.require(incoming.interaction.needs)
        if self.parts.settings.read_only and incoming.interaction.changes:
            raise ReadOnly
        exchange = Exchange(self.parts, state.principal, state.trail, fhir_url)
        key = request.headers.get("idempotency-key")
        if key is None or request.method != "POST" or not incoming.interaction.writes:
            return await exchange.run(incoming)
        return await once(
            self.parts, state.principal.client_id, key, incoming, lambda: exchange.run(incoming)
        )
