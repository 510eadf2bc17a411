"""Lets nothing under /fhir through without an access token of this tenant; what is open is listed here."""

from __future__ import annotations

import asyncio

from starlette.datastructures import Headers
from starlette.types import ASGIApp, Receive, Scope, Send

from runtime.address import Address
from runtime.errors import InvalidToken
from runtime.tokens.access import AccessTokens, Principal
from runtime.tokens.revocation import Revocations

OPEN = frozenset(
    {
        "/.well-known/smart-configuration",
        "/auth/jwks",
        "/auth/token",
        "/fhir/.well-known/smart-configuration",
        "/fhir/metadata",
        "/health",
        "/healthz",
        "/metrics",
        "/ready",
        "/readyz",
    }
)


def is_open(scope: Scope) -> bool:
    """Open to read; only the token endpoint takes anything from strangers."""
    reads = scope["method"] in ("GET", "HEAD") or scope["path"] == "/auth/token"
    return reads and scope["path"] in OPEN


class AuthenticationMiddleware:
    def __init__(
        self, app: ASGIApp, tokens: AccessTokens, address: Address, revocations: Revocations
    ) -> None:
        self.app = app
        self._tokens, self._address, self._revocations = tokens, address, revocations

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] == "http" and not is_open(scope):
            scope.setdefault("state", {})["principal"] = principal = await self._principal(
                Headers(scope=scope)
            )
            if trail := scope["state"].get("trail"):
                trail.client = principal.client_id
        await self.app(scope, receive, send)

    async def _principal(self, headers: Headers) -> Principal:
        given = headers.getlist("authorization")
        scheme, _, token = given[0].partition(" ") if len(given) == 1 else ("", "", "")
        if scheme.lower() != "bearer" or not token:
            raise InvalidToken("no bearer token")
        base_url = await self._address.base_url()
        principal = await asyncio.to_thread(self._tokens.verify, base_url, token.strip())
        if not self._revocations.fresh():
            await asyncio.to_thread(self._revocations.refresh)
        if self._revocations.includes(principal.client_id):
            raise InvalidToken("client is revoked")
        return principal
