"""Takes records from the outbox to the audit store and to the audit log, and only then acknowledges them.

An intent whose outcome has not come yet waits a moment, so that one access is
one line; one that stays alone means that the process died in between.
"""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Sequence
from dataclasses import asdict, dataclass
from datetime import UTC, datetime

from runtime.audit.chain import AuditChain
from runtime.audit.record import AuditRecord
from runtime.clients.logging import Line, LogSink
from runtime.clients.pubsub import Delivery
from runtime.metrics import Metrics

log = logging.getLogger("careplane.audit")
_BATCH = 50
_WAIT_FOR_OUTCOME_SECONDS = 3.0
_PAUSE_SECONDS = 1.0


@dataclass(frozen=True)
class _Received:
    delivery: Delivery
    record: AuditRecord


class AuditConsumer:
    """`receive` is called by Pub/Sub's threads, `run` is the one task that writes."""

    def __init__(self, chain: AuditChain, sink: LogSink, metrics: Metrics) -> None:
        self._chain, self._sink, self._metrics = chain, sink, metrics
        self._queue: asyncio.Queue[_Received] = asyncio.Queue()
        self._loop = asyncio.get_running_loop()

    def receive(self, delivery: Delivery) -> None:
        try:
            record = AuditRecord.parse(delivery.data)
        except (ValueError, KeyError, TypeError):
            log.error("message %s in the audit outbox is no record", delivery.message_id)
            delivery.nack()
            return
        self._loop.call_soon_threadsafe(self._queue.put_nowait, _Received(delivery, record))

    async def run(self) -> None:
        while True:
            batch = [await self._queue.get()]
            while len(batch) < _BATCH and not self._queue.empty():
                batch.append(self._queue.get_nowait())
            await self.process(self._ripe(batch))

    def _ripe(self, batch: list[_Received]) -> list[_Received]:
        """Without young intents that are still alone: those come round again."""
        ended = {each.record.id for each in batch if each.record.phase != "intent"}
        ripe = []
        for each in batch:
            if each.record.id in ended or _age(each.record) > _WAIT_FOR_OUTCOME_SECONDS:
                ripe.append(each)
            else:
                self._loop.call_later(_PAUSE_SECONDS, self._queue.put_nowait, each)
        return ripe

    async def process(self, batch: Sequence[_Received]) -> None:
        """All of the batch or none: on failure Pub/Sub brings it again."""
        if not batch:
            return
        try:
            new = await self._chain.append([each.record for each in batch])
            await asyncio.to_thread(self._sink.write, _lines([each.record for each in batch]))
        except Exception as error:
            log.warning("audit records are kept for later: %s", type(error).__name__)
            self._metrics.audit_failures.inc()
            for each in batch:
                each.delivery.nack()
            await asyncio.sleep(_PAUSE_SECONDS)
            return
        self._metrics.audit_written.inc(len(new))
        self._metrics.audit_breaks.set(self._chain.breaks)
        for each in batch:
            each.delivery.ack()


def _age(record: AuditRecord) -> float:
    return (datetime.now(UTC) - datetime.fromisoformat(record.time)).total_seconds()


def _lines(records: Sequence[AuditRecord]) -> list[Line]:
    ended = {record.id for record in records if record.phase != "intent"}
    return [
        Line(
            f"{record.id}-{record.phase}",
            {"message": f"{record.interaction} {record.type or ''}".strip(), **asdict(record)},
            "WARNING" if record.phase == "intent" or (record.status or 500) >= 400 else "NOTICE",
        )
        for record in records
        if record.phase != "intent" or record.id not in ended
    ]
