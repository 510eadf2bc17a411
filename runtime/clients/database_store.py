"""The runtime's own FHIR store on a database of the tenant's: what serves profile `private`."""

from __future__ import annotations

import asyncio
import threading
from collections.abc import Callable, Mapping
from urllib.parse import parse_qsl

import psycopg
from psycopg.conninfo import make_conninfo
from psycopg_pool import PoolTimeout

from runtime.clients.healthcare import StoreAnswer
from runtime.db.engine import target
from runtime.errors import Unavailable
from runtime.fhir.config import StoreConfig
from runtime.fhir.messages import FhirRequest
from runtime.fhir.outbox import Publish
from runtime.fhir.service import FhirService
from runtime.settings import Database

BASE = "https://store.internal/fhir"
"""Never asked for: the base URL in what is stored, which answers show as the tenant's own."""


class DatabaseStore:
    """Opens at its first request. With `tells` every change waits in an outbox until it is drained;
    `changed` is then called, on any thread, after each write that committed.
    """

    addresses: tuple[str, ...] = (BASE,)
    counts = True

    def __init__(self, database: Database, password: Callable[[], str], tells: bool = False) -> None:
        self.changed: Callable[[], object] | None = None
        self._dsn, self._password = make_conninfo(**target(database), connect_timeout=10), password
        self._config = StoreConfig(strict_search=True, notify=tells)
        self._lock = threading.Lock()
        self._service: FhirService | None = None

    async def send(
        self,
        method: str,
        path: str,
        query: str = "",
        headers: Mapping[str, str] | None = None,
        body: bytes = b"",
    ) -> StoreAnswer:
        pairs = parse_qsl(query, keep_blank_values=True)
        request = FhirRequest(method, path.lstrip("/"), pairs, headers or {}, body)
        return await asyncio.to_thread(self._handle, request)

    def drain(self, publish: Publish) -> int:
        """Hand over the changes that wait to be told; gives their number. Blocks."""
        return self._open().drain(publish)

    async def close(self) -> None:
        if self._service is not None:
            await asyncio.to_thread(self._service.close)

    def _handle(self, request: FhirRequest) -> StoreAnswer:
        answer = self._open().handle(request)
        return StoreAnswer(answer.status, {k.lower(): v for k, v in answer.headers.items()}, answer.body)

    def _open(self) -> FhirService:
        with self._lock:
            if self._service is None:
                self._service = self._opened()
            return self._service

    def _opened(self) -> FhirService:
        service = FhirService(self._dsn, BASE, self._config, on_change=self._tell, password=self._password)
        try:
            return service.open()
        except (psycopg.Error, PoolTimeout) as error:
            raise Unavailable("The FHIR store's database does not answer.") from error

    def _tell(self) -> None:
        if self.changed is not None:
            self.changed()
