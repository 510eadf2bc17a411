"""Every request ends within a time; only the files of a bulk export, which are long, have the service's.

So Cloud Run may allow an hour for a file, and who waits for the last write to end still waits for minutes.
"""

from __future__ import annotations

import asyncio
import re

from starlette.types import ASGIApp, Receive, Scope, Send

from runtime.errors import TookTooLong

SECONDS = 300.0
_FILE = re.compile(r"/fhir/\$export/[^/]+/[^/]+")


class TimeLimitMiddleware:
    """What the body takes to arrive counts."""

    def __init__(self, app: ASGIApp, seconds: float = SECONDS) -> None:
        self.app, self._seconds = app, seconds

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] != "http" or (scope["method"] == "GET" and _FILE.fullmatch(scope["path"])):
            await self.app(scope, receive, send)
            return
        try:
            async with asyncio.timeout(self._seconds) as limit:
                await self.app(scope, receive, send)
        except TimeoutError:
            if limit.expired():
                raise TookTooLong(self._seconds) from None
            raise
