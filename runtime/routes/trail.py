"""The tenant's audit trail, to be searched as FHIR: `GET /audit/AuditEvent`, and nothing else there.

Where it lies in a database on a private address this is how it is read. Reading it is an access as any other
and comes into it. Each event holds its record and its place in the chain, so that a reader can tell whether
what it got is whole (`runtime/audit/record.py`).
"""

from __future__ import annotations

from dataclasses import dataclass, replace

from starlette.requests import Request
from starlette.responses import Response

from runtime.errors import MethodNotAllowed, NoSuchResource
from runtime.exchange import Exchange
from runtime.incoming import read
from runtime.interaction import parse
from runtime.parts import Parts

TYPE = "AuditEvent"


@dataclass(frozen=True)
class TrailEndpoint:
    parts: Parts

    async def __call__(self, request: Request) -> Response:
        state, query = request.state, request.scope["query_string"].decode("latin-1")
        asked = parse(request.method, request.path_params["path"], query)
        state.trail.about(asked)
        if asked.path != f"/{TYPE}":
            raise NoSuchResource("Only the audit trail as a whole can be searched here.")
        if asked.name != "search-type":
            raise MethodNotAllowed(request.method, ("GET",))
        url = f"{await self.parts.outside.address.base_url()}/audit"
        incoming = await read(request, asked, url)
        state.principal.scopes.require(asked.needs)
        outside = replace(self.parts.outside, store=self.parts.outside.audit_store)
        parts = replace(self.parts, outside=outside)
        answer = await Exchange(parts, state.principal, state.trail, url).run(incoming)
        # Records of records would be read next, and each is as long as the page that it tells of.
        state.trail.references = ()
        return answer
