"""Tells Pub/Sub of changes in the runtime's own store, as the Healthcare API does of its stores'.

https://cloud.google.com/healthcare-api/docs/fhir-pubsub
"""

from __future__ import annotations

import asyncio
import logging

from runtime.clients.database_store import DatabaseStore
from runtime.clients.pubsub import Publisher
from runtime.fhir.outbox import Notice

log = logging.getLogger("careplane.events")
_AT_LEAST_EVERY_SECONDS = 30.0
_PUBLISH_SECONDS = 15.0


class Teller:
    """One task: soon after each change, and now and then for what an earlier process left untold."""

    def __init__(self, store: DatabaseStore, publisher: Publisher, topic: str, tenant: str) -> None:
        self._store, self._publisher, self._topic, self._tenant = store, publisher, topic, tenant
        self._loop = asyncio.get_running_loop()
        self._woken = asyncio.Event()
        store.changed = lambda: self._loop.call_soon_threadsafe(self._woken.set)

    async def run(self) -> None:
        while True:
            try:
                await asyncio.to_thread(self._store.drain, self._publish)
            except Exception as error:
                # They stay in the outbox, and are told at the next round.
                log.warning("changes wait to be told: %s", type(error).__name__)
            try:
                await asyncio.wait_for(self._woken.wait(), _AT_LEAST_EVERY_SECONDS)
            except TimeoutError:
                continue
            self._woken.clear()

    def _publish(self, notices: list[Notice]) -> None:
        sent = [asyncio.run_coroutine_threadsafe(self._one(notice), self._loop) for notice in notices]
        for each in sent:
            each.result(_PUBLISH_SECONDS)

    async def _one(self, notice: Notice) -> None:
        """Only the name travels: what is in the resource stays in the store."""
        await self._publisher.publish(
            self._topic,
            f"{self._tenant}/fhir/{notice.type}/{notice.id}".encode(),
            {
                "action": notice.action,
                "resourceType": notice.type,
                "storeName": self._tenant,
                "payloadType": "NameOnly",
                "versionId": str(notice.version),
                "lastUpdatedTime": notice.updated.strftime("%a, %d %b %Y %H:%M:%S UTC"),
            },
        )
