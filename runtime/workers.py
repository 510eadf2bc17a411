"""What runs beside the requests: the outbox to the audit store, and the store's notifications."""

from __future__ import annotations

import asyncio
import logging
from collections.abc import AsyncIterator, Coroutine
from contextlib import asynccontextmanager
from typing import Any

from starlette.applications import Starlette

from runtime.app import Lifespan
from runtime.audit.chain import AuditChain
from runtime.audit.consumer import AuditConsumer
from runtime.audit.heads import Heads
from runtime.events.consumer import EventConsumer
from runtime.parts import Parts

log = logging.getLogger("careplane.runtime")
_WATCH_SECONDS = 5.0


def running(parts: Parts) -> Lifespan:
    @asynccontextmanager
    async def lifespan(app: Starlette) -> AsyncIterator[None]:
        outside, settings = parts.outside, parts.settings
        chain = AuditChain(
            outside.audit_store, Heads(outside.engine, settings.tenant), outside.address.fhir_url
        )
        audit, events = AuditConsumer(chain, outside.log_sink, parts.metrics), EventConsumer(parts.metrics)
        tasks = [
            asyncio.create_task(work) for work in (audit.run(), _pull(parts, audit, events), *_telling(parts))
        ]
        try:
            yield
        finally:
            for task in tasks:
                task.cancel()
            await asyncio.gather(*tasks, return_exceptions=True)
            await _close(parts)

    return lifespan


def _telling(parts: Parts) -> list[Coroutine[Any, Any, None]]:
    """In profile `private` nobody else tells of changes."""
    topic = parts.settings.fhir_topic
    if topic is None:
        return []
    from runtime.clients.database_store import DatabaseStore
    from runtime.events.teller import Teller

    store = parts.outside.store
    assert isinstance(store, DatabaseStore), "a topic is given with a database"
    return [Teller(store, parts.outside.publisher, topic, parts.settings.tenant).run()]


async def _pull(parts: Parts, audit: AuditConsumer, events: EventConsumer) -> None:
    """Starts both pulls, and starts them again whenever one has ended."""
    outside, settings = parts.outside, parts.settings
    while True:
        for subscriber, subscription, receive in (
            (outside.outbox, settings.audit_subscription, audit.receive),
            (outside.events, settings.subscription, events.receive),
        ):
            if not subscriber.healthy():
                try:
                    await asyncio.to_thread(subscriber.start, subscription, receive)
                except Exception as error:
                    log.warning("cannot pull %s: %s", subscription.rpartition("/")[2], type(error).__name__)
        await asyncio.sleep(_WATCH_SECONDS)


async def _close(parts: Parts) -> None:
    outside = parts.outside
    for close in (
        outside.events.close,
        outside.outbox.close,
        outside.publisher.close,
        outside.engine.dispose,
    ):
        await asyncio.to_thread(close)
    await outside.store.close()
    await outside.audit_store.close()
