"""The public address of a service: who may invoke it, which revision answers, and the way there and back."""

from __future__ import annotations

import asyncio
import contextlib
import logging
import random
from collections.abc import AsyncIterator
from typing import TYPE_CHECKING, Any

from localcloud.api import Caller
from localcloud.run import idtoken
from localcloud.run.backend import BackendGone, Exchange, Headers

if TYPE_CHECKING:
    from localcloud.run.services import ServiceRunner

BODY_LIMIT = 32 << 20
"""Cloud Run's limit for HTTP/1 requests (https://cloud.google.com/run/quotas)."""

_DRAIN_LIMIT = 4 * BODY_LIMIT
_HOP = frozenset(
    {
        b"connection",
        b"keep-alive",
        b"proxy-connection",
        b"te",
        b"trailer",
        b"transfer-encoding",
        b"upgrade",
        b"proxy-authenticate",
        b"proxy-authorization",
    }
)
_ANYONE = Caller("anonymous")
_log = logging.getLogger(__name__)


class BodyTooLarge(Exception):
    pass


class _Body:
    """The request's body, counted while it is read."""

    def __init__(self, receive: Any, length: int | None) -> None:
        self._receive = receive
        self.seen = 0
        self.ended = length == 0

    async def chunks(self, limit: int) -> AsyncIterator[bytes]:
        while not self.ended:
            message = await self._receive()
            if message["type"] == "http.disconnect":
                self.ended = True
                return
            data = message.get("body", b"")
            self.seen += len(data)
            self.ended = not message.get("more_body", False)
            if self.seen > limit:
                raise BodyTooLarge
            yield data

    async def drain(self) -> None:
        """Read what is left, so that the client sees the answer and not a broken connection."""
        with contextlib.suppress(BodyTooLarge):
            async for _ in self.chunks(_DRAIN_LIMIT):
                pass


class Ingress:
    """An ASGI app in front of one service."""

    def __init__(self, service: ServiceRunner) -> None:
        self.service = service

    async def __call__(self, scope: Any, receive: Any, send: Any) -> None:
        if scope["type"] != "http":
            return
        headers: Headers = scope["headers"]
        length = next((int(v) for k, v in headers if k == b"content-length" and v.isdigit()), None)
        chunked = any(k == b"transfer-encoding" for k, _ in headers)
        body = _Body(receive, length if length is not None or chunked else 0)
        refusal = await self._refusal(headers, length)
        if refusal is not None:
            await _plain(send, *refusal)
            await body.drain()
            return
        await self._forward(scope, body, length, send)

    async def _refusal(self, headers: Headers, length: int | None) -> tuple[int, str] | None:
        if self.service.cut_off:
            return 503, "Service Unavailable"
        if length is not None and length > BODY_LIMIT:
            return 413, "Request body is larger than 32 MiB."
        if not self.service.invoker_check:
            return None
        return await asyncio.to_thread(self._invoker, headers)

    def _invoker(self, headers: Headers) -> tuple[int, str] | None:
        cloud, name = self.service.cloud, self.service.name
        if cloud.iam.allows(_ANYONE, "run.routes.invoke", "run", name):
            return None
        found = dict(headers)
        value = found.get(b"x-serverless-authorization") or found.get(b"authorization", b"")
        token = value.decode("latin-1").removeprefix("Bearer ").removeprefix("bearer ")
        member = idtoken.member(cloud, token, self.service.uri)
        caller = Caller(member) if member else cloud.tokens.caller(token)
        if caller is None:
            return (
                (401, "The access token could not be verified.")
                if token
                else (
                    403,
                    "The request was not authenticated. Either allow unauthenticated invocations or set the "
                    "proper Authorization header.",
                )
            )
        if not cloud.iam.allows(caller, "run.routes.invoke", "run", name):
            return 403, f"{caller.member} does not have permission run.routes.invoke on {name}."
        return None

    async def _forward(self, scope: Any, body: _Body, length: int | None, send: Any) -> None:
        started = False

        async def watched(message: Any) -> None:
            nonlocal started
            started = True
            await send(message)

        failure: tuple[int, str] | None = None
        try:
            async with asyncio.timeout(self.service.timeout):
                await self._exchange(scope, body, length, watched)
        except BodyTooLarge:
            failure = 413, "Request body is larger than 32 MiB."
        except TimeoutError:
            failure = (
                504,
                "The request has been terminated because it has reached the maximum request timeout.",
            )
        except (BackendGone, OSError) as error:
            _log.info("%s: no answer: %s", self.service.name, error)
            failure = 503, "Service Unavailable"
        if failure is None:
            return
        if started:
            raise ConnectionError("the service ended in the middle of an answer")
        await _plain(send, *failure)
        await body.drain()

    async def _exchange(self, scope: Any, body: _Body, length: int | None, send: Any) -> None:
        name = self.service.pick(random.random())
        revision = self.service.revisions.get(name)
        if revision is None:
            revision = await asyncio.to_thread(self.service.revision, name)
        # Counted before the process is asked for: what is in use is not stopped for being idle.
        revision.begin()
        try:
            pool = await revision.ready()
            exchange = await self._begun(pool, scope, length, body)
            sender = asyncio.ensure_future(_send_body(exchange, body, chunked=length is None))
            try:
                await self._answer(exchange, sender, send)
            finally:
                finished = sender.done() and not sender.cancelled() and sender.exception() is None
                if not finished:
                    sender.cancel()
                    with contextlib.suppress(asyncio.CancelledError, OSError, BodyTooLarge):
                        await sender
                exchange.finish(finished)
            if not body.ended:
                await body.drain()
        finally:
            revision.end()

    async def _begun(self, pool: Any, scope: Any, length: int | None, body: _Body) -> Exchange:
        """The request's head is sent; without a body, the answer's head has come too.

        A kept connection may have been closed by the process in the meantime: then a fresh one is tried.
        """
        for fresh in (False, True):
            exchange: Exchange = await pool.exchange(fresh)
            try:
                await self._send_head(exchange, scope, length, body)
                if body.ended and not exchange.fresh:
                    await exchange.head()
                return exchange
            except (BackendGone, OSError):
                exchange.finish(False)
                if exchange.fresh:
                    raise
        raise BackendGone

    async def _send_head(self, exchange: Exchange, scope: Any, length: int | None, body: _Body) -> None:
        target = scope["raw_path"] + (b"?" + scope["query_string"] if scope["query_string"] else b"")
        headers = self._request_headers(scope, length, body)
        await exchange.send_head(scope["method"], target, headers)

    def _request_headers(self, scope: Any, length: int | None, body: _Body) -> Headers:
        client = (scope.get("client") or ("127.0.0.1", 0))[0].encode()
        sent: Headers = [
            (k, v) for k, v in scope["headers"] if k not in _HOP and not k.startswith(b"x-forwarded-")
        ]
        before = next((v + b", " for k, v in scope["headers"] if k == b"x-forwarded-for"), b"")
        host = next((v for k, v in sent if k == b"host"), b"")
        sent += [
            (b"x-forwarded-for", before + client),
            (b"x-forwarded-proto", scope["scheme"].encode()),
            (b"x-forwarded-host", host),
        ]
        if length is None and not body.ended:
            sent.append((b"transfer-encoding", b"chunked"))
        return sent

    async def _answer(self, exchange: Exchange, sender: asyncio.Future[None], send: Any) -> None:
        head = asyncio.ensure_future(exchange.head())
        # A sender that fails because the body is too large decides the answer; one that fails because the
        # process stopped reading does not: the answer may be there already.
        both: set[asyncio.Future[Any]] = {head, sender}
        await asyncio.wait(both, return_when=asyncio.FIRST_COMPLETED)
        if sender.done() and isinstance(sender.exception(), BodyTooLarge):
            head.cancel()
            raise BodyTooLarge
        headers = await head
        kept = [(name, value) for name, value in headers if name not in _HOP]
        await send({"type": "http.response.start", "status": exchange.status, "headers": kept})
        async for data in exchange.body():
            await send({"type": "http.response.body", "body": data, "more_body": True})
        await send({"type": "http.response.body", "body": b""})


async def _send_body(exchange: Exchange, body: _Body, chunked: bool) -> None:
    chunked = chunked and not body.ended
    async for data in body.chunks(BODY_LIMIT):
        await exchange.send_body(data, chunked)
    await exchange.end_body(chunked)


async def _plain(send: Any, status: int, text: str) -> None:
    data = text.encode() + b"\n"
    headers = [(b"content-type", b"text/plain"), (b"content-length", str(len(data)).encode())]
    await send({"type": "http.response.start", "status": status, "headers": headers})
    await send({"type": "http.response.body", "body": data})
