"""/auth/token and /auth/jwks: SMART backend services."""

from __future__ import annotations

import asyncio
import logging
from dataclasses import dataclass
from urllib.parse import parse_qsl

from starlette.requests import Request
from starlette.responses import JSONResponse, Response

from runtime.errors import OAuthRefusal
from runtime.parts import Parts
from runtime.tokens.assertion import claimed_client
from runtime.tokens.jws import BadToken

log = logging.getLogger("careplane.tokens")
_MAX_FORM = 32_768


@dataclass(frozen=True)
class TokenEndpoint:
    parts: Parts

    async def __call__(self, request: Request) -> Response:
        request.state.trail.interaction = "token"
        form = await _form(request)
        who = f"{_claimed(form)}|{request.state.trail.source}"
        if wait := self.parts.throttle.wait(who):
            raise OAuthRefusal(
                "invalid_client", "Too many failures; try again later.", status=429, retry_after=wait
            )
        base_url = await self.parts.outside.address.base_url()
        try:
            granted = await asyncio.to_thread(self.parts.credentials.grant, base_url, form)
        except OAuthRefusal as error:
            self.parts.metrics.tokens.labels(error.error).inc()
            log.warning("token refused: %s (%s)", error.error, error.reason)
            if error.error == "invalid_client":
                self.parts.throttle.failed(who)
            raise
        request.state.trail.client = granted.client_id
        self.parts.metrics.tokens.labels("granted").inc()
        body = {
            "access_token": granted.token,
            "token_type": "bearer",
            "expires_in": granted.seconds,
            "scope": granted.scope,
        }
        return JSONResponse(body, headers={"Cache-Control": "no-store", "Pragma": "no-cache"})


@dataclass(frozen=True)
class JwksEndpoint:
    parts: Parts

    async def __call__(self, request: Request) -> Response:
        jwks = await asyncio.to_thread(self.parts.tokens.keys.jwks)
        return JSONResponse(jwks, headers={"Cache-Control": "public, max-age=300"})


async def _form(request: Request) -> dict[str, str]:
    if (
        request.headers.get("content-type", "").partition(";")[0].strip().lower()
        != "application/x-www-form-urlencoded"
    ):
        raise OAuthRefusal("invalid_request", "Content-Type must be application/x-www-form-urlencoded.")
    body = await request.body()
    try:
        if len(body) > _MAX_FORM:
            raise ValueError("too long")
        pairs = parse_qsl(body.decode("ascii"), keep_blank_values=True, errors="strict", max_num_fields=20)
    except ValueError as error:
        raise OAuthRefusal("invalid_request", "The body is no form of at most 32 KiB.") from error
    if len(dict(pairs)) != len(pairs):
        raise OAuthRefusal("invalid_request", "A parameter is repeated.")
    return dict(pairs)


def _claimed(form: dict[str, str]) -> str:
    try:
        return claimed_client(form.get("client_assertion", ""))
    except BadToken:
        return ""
