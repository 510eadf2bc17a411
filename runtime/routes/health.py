"""Whether the process lives, whether it can serve, and what it has counted.

/metrics is open: it holds totals with labels from closed sets, nothing of a
patient, client or user, so that any scraper and a drill can read it; where even
the volume of traffic is confidential, the edge refuses the path.
"""

from __future__ import annotations

import asyncio
import logging
import time
from dataclasses import dataclass

from prometheus_client import CONTENT_TYPE_LATEST, generate_latest
from sqlalchemy import text
from starlette.requests import Request
from starlette.responses import JSONResponse, Response

from runtime.errors import Unavailable
from runtime.parts import Parts

log = logging.getLogger("careplane.runtime")
_FRESH_SECONDS = 5.0
_TIMEOUT_SECONDS = 8.0


async def alive(request: Request) -> Response:
    return JSONResponse({"status": "alive"})


@dataclass
class Ready:
    """Asks database, signing key and store at most every five seconds; says only yes or no."""

    parts: Parts
    _ready: bool = False
    _at: float = float("-inf")

    async def __call__(self, request: Request) -> Response:
        if time.monotonic() - self._at > _FRESH_SECONDS:
            self._ready, self._at = await self._check(), time.monotonic()
        return JSONResponse({"status": "ready" if self._ready else "not ready"}, 200 if self._ready else 503)

    async def _check(self) -> bool:
        checks = {
            "database": asyncio.to_thread(self._database),
            "signing key": asyncio.to_thread(self.parts.tokens.keys.newest),
            "FHIR store": self._store(),
        }
        found = await asyncio.gather(
            *(asyncio.wait_for(c, _TIMEOUT_SECONDS) for c in checks.values()), return_exceptions=True
        )
        for name, result in zip(checks, found, strict=True):
            if isinstance(result, BaseException):
                log.warning("not ready: %s: %s", name, type(result).__name__)
        return not any(isinstance(result, BaseException) for result in found)

    def _database(self) -> None:
        with self.parts.outside.engine.connect() as connection:
            connection.execute(text("SELECT 1"))

    async def _store(self) -> None:
        """A resource that is never there: any answer but an error says that the store is."""
        answer = await self.parts.outside.store.send(
            "GET", "/Basic/careplane-readiness", "", {"accept": "application/fhir+json"}
        )
        if answer.status not in (200, 404, 410):
            raise Unavailable(f"the store answers {answer.status}")


@dataclass(frozen=True)
class MetricsEndpoint:
    parts: Parts

    async def __call__(self, request: Request) -> Response:
        return Response(generate_latest(self.parts.metrics.registry), media_type=CONTENT_TYPE_LATEST)
