"""Counts and times requests, by interaction rather than by address."""

from __future__ import annotations

import time

from starlette.types import ASGIApp, Message, Receive, Scope, Send

from runtime.metrics import Metrics


class MeasureMiddleware:
    def __init__(self, app: ASGIApp, metrics: Metrics) -> None:
        self.app = app
        self._metrics = metrics

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] != "http":
            await self.app(scope, receive, send)
            return
        began, status = time.perf_counter(), 500

        async def watch(message: Message) -> None:
            nonlocal status
            status = int(message.get("status", status))
            await send(message)

        try:
            await self.app(scope, receive, watch)
        finally:
            trail = scope.get("state", {}).get("trail")
            interaction = trail.interaction if trail else "other"
            self._metrics.requests.labels(interaction, (trail and trail.type) or "", str(status)).inc()
            self._metrics.seconds.labels(interaction).observe(time.perf_counter() - began)
