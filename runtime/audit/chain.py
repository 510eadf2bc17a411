"""Appends records to the audit store: a transaction of AuditEvents and the new head of their chain.

The store outlives every restore of the database, so its head is believed; the
database's copy of the head is the cross-check.
"""

from __future__ import annotations

import asyncio
import json
import logging
from collections.abc import Awaitable, Callable, Sequence
from typing import Any

from runtime.audit.event import HEAD_ID, audit_event, head_resource, read_link, read_phase
from runtime.audit.heads import Heads
from runtime.audit.record import GENESIS, AuditRecord, Link, next_link
from runtime.clients.healthcare import FhirStore
from runtime.errors import Unavailable

log = logging.getLogger("careplane.audit")
_HEADERS = {"content-type": "application/fhir+json", "accept": "application/fhir+json"}


class AuditChain:
    """`breaks` counts how often database and store disagreed about the head."""

    def __init__(self, store: FhirStore, heads: Heads, fhir_url: Callable[[], Awaitable[str]]) -> None:
        self._store, self._heads, self._fhir_url = store, heads, fhir_url
        self.breaks = 0

    async def append(self, records: Sequence[AuditRecord]) -> list[AuditRecord]:
        """The records that were not in the store yet, in the order of the chain."""
        connection, believed = await asyncio.to_thread(self._heads.lock)
        try:
            head = self._agree(believed, await self._stored_head())
            new = await self._new(records)
            if new:
                head = await self._write(new, head)
            await asyncio.to_thread(self._heads.save, connection, head)
        finally:
            await asyncio.to_thread(connection.close)
        return new

    def _agree(self, believed: Link, stored: Link) -> Link:
        if (believed.sequence, believed.hash) != (stored.sequence, stored.hash):
            self.breaks += 1
            behind = believed.sequence < stored.sequence
            meaning = (
                "the database was restored to an earlier time" if behind else "the audit store lost records"
            )
            log.log(
                logging.WARNING if behind else logging.ERROR,
                "audit chain: database at %d, audit store at %d: %s; continuing from the audit store",
                believed.sequence,
                stored.sequence,
                meaning,
            )
        return stored

    async def _stored_head(self) -> Link:
        resource = await self._get(f"/Basic/{HEAD_ID}")
        return read_link(resource) if resource else GENESIS

    async def _new(self, records: Sequence[AuditRecord]) -> list[AuditRecord]:
        """Without those already written: a message may come twice, and an intent after its outcome."""
        ended = {record.id for record in records if record.phase != "intent"}
        last = {record.id: record for record in records if record.phase != "intent" or record.id not in ended}
        found = await asyncio.gather(*(self._get(f"/AuditEvent/{identity}") for identity in last))
        stored = {event["id"]: read_phase(event) for event in found if event}
        return [
            r
            for r in last.values()
            if r.id not in stored or (stored[r.id] == "intent" and r.phase == "outcome")
        ]

    async def _write(self, records: Sequence[AuditRecord], head: Link) -> Link:
        fhir_url, entries = await self._fhir_url(), []
        for record in records:
            head = next_link(head, record)
            entries.append(_put(audit_event(record, head, fhir_url)))
        entries.append(_put(head_resource(head)))
        bundle = {"resourceType": "Bundle", "type": "transaction", "entry": entries}
        answer = await self._store.send("POST", "", "", _HEADERS, json.dumps(bundle).encode())
        if answer.status != 200:
            raise Unavailable(f"The audit store answers {answer.status}.")
        return head

    async def _get(self, path: str) -> dict[str, Any] | None:
        answer = await self._store.send("GET", path, "", _HEADERS)
        if answer.status in (404, 410):
            return None
        if answer.status != 200:
            raise Unavailable(f"The audit store answers {answer.status}.")
        resource: dict[str, Any] = json.loads(answer.body)
        return resource


def _put(resource: dict[str, Any]) -> dict[str, Any]:
    request = {"method": "PUT", "url": f"{resource['resourceType']}/{resource['id']}"}
    return {"resource": resource, "request": request}
