"""Holds every answer back until its record is published; without a record there is no answer.

An answer that comes in parts is let through part by part once its record is published.
"""

from __future__ import annotations

from starlette.datastructures import Headers
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from runtime.audit.trail import Trail
from runtime.clients.pubsub import Publisher
from runtime.errors import AuditUnavailable
from runtime.metrics import Metrics
from runtime.middleware.authentication import is_open
from runtime.outcome import answer


class AuditMiddleware:
    """`proxies` of Google's stand before the service: Cloud Run's own, and the load balancer of a domain."""

    def __init__(
        self, app: ASGIApp, publisher: Publisher, topic: str, tenant: str, metrics: Metrics, proxies: int = 1
    ) -> None:
        self.app = app
        self._publisher, self._topic, self._tenant = publisher, topic, tenant
        self._metrics, self._proxies = metrics, proxies

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] != "http" or (is_open(scope) and scope["path"] != "/auth/token"):
            await self.app(scope, receive, send)
            return
        trail = self._trail(scope)
        scope.setdefault("state", {})["trail"] = trail
        held: list[Message] = []
        told = False

        async def hold(message: Message) -> None:
            nonlocal told
            held.append(message)
            if message["type"] == "http.response.start":
                return
            if not told:
                await trail.tell(int(held[0]["status"]))
                told = True
            while held:
                await send(held.pop(0))

        try:
            await self.app(scope, receive, hold)
        except AuditUnavailable as error:
            self._metrics.audit_refusals.inc()
            if told:
                raise
            await answer(error)(scope, receive, send)

    def _trail(self, scope: Scope) -> Trail:
        return Trail(
            self._publisher, self._topic, self._tenant, str(scope["state"]["request_id"]), self._source(scope)
        )

    def _source(self, scope: Scope) -> str:
        """What Google's proxies added last; what stands before it is the caller's own claim."""
        peer = scope["client"][0] if scope.get("client") else "unknown"
        hops = [part.strip() for part in Headers(scope=scope).get("x-forwarded-for", "").split(",")]
        return (hops[-self._proxies] if len(hops) >= self._proxies else hops[0])[:64] or peer
