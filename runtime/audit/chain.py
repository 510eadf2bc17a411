"""Appends records to the audit store, which its writer can neither change nor delete anything in.

A batch is one transaction: its AuditEvents, and one resource by which each of its records and each of its
places in the chain is found again. So a record that comes twice is written once, and the head of the chain
is the last place that the store knows. The store outlives every restore of the database, so it is believed;
the database's copy of the head says where to look, and is the cross-check.
"""

from __future__ import annotations

import asyncio
import json
import logging
import uuid
from collections.abc import Awaitable, Callable, Sequence
from typing import Any
from urllib.parse import urlencode

from runtime.audit.event import (
    HEAD_ID,
    RECORD,
    SEQUENCE,
    audit_event,
    links_resource,
    read_link,
    read_phase,
)
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
        self._rewritable: bool | None = None
        """Whether a release that rewrote the trail wrote its beginning; None while nobody has looked."""
        self.breaks = 0

    async def append(self, records: Sequence[AuditRecord]) -> list[AuditRecord]:
        """The records that were not in the store yet, in the order of the chain."""
        connection, believed = await asyncio.to_thread(self._heads.lock)
        try:
            head = self._agree(believed, await self._stored_head(believed))
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

    async def _stored_head(self, believed: Link) -> Link:
        """The last place that is taken, looked for from the believed one on."""
        known = await self._at(believed.sequence) if believed.sequence else None
        if known is None:
            known = await self._beginning()
        step = 1
        while step:
            found = await self._at(known.sequence + step)
            known, step = (found, step * 2) if found else (known, step // 2)
        return known

    async def _beginning(self) -> Link:
        """Where this chain begins, or where a release left it that rewrote one resource for the head."""
        resource = await self._get(f"/Basic/{HEAD_ID}")
        self._rewritable = resource is not None
        return read_link(resource) if resource else GENESIS

    async def _at(self, sequence: int) -> Link | None:
        """The end of the batch that holds this place."""
        links = [read_link(each) for each in await self._find(SEQUENCE, str(sequence))]
        found = [link for link in links if link.sequence >= sequence]
        if len(found) > 1:
            self.breaks += 1
            log.error("audit chain: %d batches claim place %d", len(found), sequence)
        return max(found, key=lambda link: link.sequence, default=None)

    async def _new(self, records: Sequence[AuditRecord]) -> list[AuditRecord]:
        """Without those already written: a message may come twice, and an intent after its outcome."""
        ended = {record.id for record in records if record.phase != "intent"}
        last = {record.id: record for record in records if record.phase != "intent" or record.id not in ended}
        known = await asyncio.gather(*(self._is_written(record) for record in last.values()))
        return [record for record, written in zip(last.values(), known, strict=True) if not written]

    async def _is_written(self, record: AuditRecord) -> bool:
        keys = [record.key, f"{record.id}-outcome"] if record.phase == "intent" else [record.key]
        for key in keys:
            if await self._find(RECORD, key):
                return True
        if self._rewritable is None:
            await self._beginning()
        event = await self._get(f"/AuditEvent/{record.id}") if self._rewritable else None
        return event is not None and (read_phase(event) != "intent" or record.phase == "intent")

    async def _write(self, records: Sequence[AuditRecord], head: Link) -> Link:
        fhir_url, entries, links = await self._fhir_url(), [], []
        for record in records:
            head = next_link(head, record)
            entries.append(_post(audit_event(record, head, fhir_url)))
            links.append((record, head))
        entries.append(_post(links_resource(links)))
        bundle = {"resourceType": "Bundle", "type": "transaction", "entry": entries}
        answer = await self._store.send("POST", "", "", _HEADERS, json.dumps(bundle).encode())
        if answer.status != 200:
            raise Unavailable(f"The audit store answers {answer.status}.")
        return head

    async def _find(self, system: str, value: str) -> list[dict[str, Any]]:
        """Resources by identifier: Google indexes those at once, and nothing else."""
        bundle = await self._get("/Basic", urlencode({"identifier": f"{system}|{value}"}))
        return [entry["resource"] for entry in (bundle or {}).get("entry", [])]

    async def _get(self, path: str, query: str = "") -> dict[str, Any] | None:
        answer = await self._store.send("GET", path, query, _HEADERS)
        if answer.status in (404, 410):
            return None
        if answer.status != 200:
            raise Unavailable(f"The audit store answers {answer.status}.")
        resource: dict[str, Any] = json.loads(answer.body)
        return resource


def _post(resource: dict[str, Any]) -> dict[str, Any]:
    request = {"method": "POST", "url": resource["resourceType"]}
    return {"fullUrl": f"urn:uuid:{uuid.uuid4()}", "resource": resource, "request": request}
