"""Bulk data export: kick-off, status, cancellation, files (https://hl7.org/fhir/uv/bulkdata/STU2/export.html).

Each request is one audit record, as any other; of a file, each page of it is one more, with the resources
that it discloses, and is recorded before it leaves. An export belongs to the client that asked for it. A file
takes the scopes of its type again, so that a token with less than the kick-off's opens less.
"""

from __future__ import annotations

import asyncio
import time
import uuid
from collections.abc import AsyncIterator
from dataclasses import dataclass, replace
from datetime import UTC, datetime
from email.utils import format_datetime
from math import ceil
from typing import Any

from starlette.requests import Request
from starlette.responses import JSONResponse, Response, StreamingResponse

from runtime.audit.trail import Trail
from runtime.bulk.counting import Counting
from runtime.bulk.job import SETTLES, ExportJob, needs
from runtime.bulk.kickoff import read
from runtime.bulk.reader import Reader
from runtime.bulk.walk import Walk
from runtime.errors import MethodNotAllowed, NoSuchResource
from runtime.interaction import Interaction
from runtime.jsontext import write_exact
from runtime.outcome import operation_outcome
from runtime.parts import Parts
from runtime.routes.smart import Metadata
from runtime.tokens.access import Principal

NDJSON = "application/fhir+ndjson"
_NOTES = "errors"
"""Name of the file of OperationOutcomes."""
_BUDGET_SECONDS = 10.0
"""How long one status request counts."""
_NO_DELETIONS = "What was deleted since _since is not told: the store keeps no list of it."


@dataclass(frozen=True)
class KickOff:
    """`GET /fhir/$export` and `GET /fhir/Patient/$export`."""

    parts: Parts
    metadata: Metadata

    async def __call__(self, request: Request) -> Response:
        state, query = request.state, request.scope["query_string"].decode("latin-1")
        kind = "Patient" if "/Patient/" in request.scope["path"] else None
        state.trail.about(Interaction("operation", "/$export", kind, query=query))
        _allow(request, "GET")
        headers = request.headers
        asked = read(query, headers.get("prefer", ""), headers.get("accept", "*/*"), kind is not None)
        state.principal.scopes.require(asked.needs)
        fhir_url = await self.parts.outside.address.fhir_url()
        job = ExportJob(
            id=uuid.uuid4(),
            client_id=state.principal.client_id,
            request=f"{fhir_url}/{kind + '/' if kind else ''}$export" + (f"?{query}" if query else ""),
            transaction_time=datetime.now(UTC),
            since=asked.since,
            kinds=asked.among(await self.metadata.searchable()),
            elements=asked.elements,
        )
        await asyncio.to_thread(self.parts.exports.add, job)
        state.trail.references = (_name(job),)
        location = f"{fhir_url}/{_name(job)}"
        return Response(status_code=202, headers={"Content-Location": location})


@dataclass(frozen=True)
class Status:
    """`GET` and `DELETE /fhir/$export/{job}`. What is to be counted is counted here."""

    parts: Parts

    async def __call__(self, request: Request) -> Response:
        request.state.trail.about(Interaction("operation", "/$export"))
        _allow(request, "GET", "DELETE")
        job = await _job(self.parts, request)
        if request.method == "DELETE":
            await asyncio.to_thread(self.parts.exports.remove, job.id)
            return Response(status_code=202)
        request.state.principal.scopes.require(job.needs)
        waits = (job.transaction_time + SETTLES - datetime.now(UTC)).total_seconds()
        if waits > 0:
            return _in_progress("what was written before is waited for", ceil(waits))
        fhir_url = await self.parts.outside.address.fhir_url()
        job = await self._count(job, Counting(Reader(self.parts, fhir_url)))
        if job.pending:
            done = len(job.kinds) - len(job.pending)
            return _in_progress(f"{done} of {len(job.kinds)} types counted", 1)
        headers = {"Expires": format_datetime(job.expires, usegmt=True)}
        return JSONResponse(_manifest(job, f"{fhir_url}/{_name(job)}"), headers=headers)

    async def _count(self, job: ExportJob, counting: Counting) -> ExportJob:
        """Saved after each step: another instance goes on where this one ends."""
        until = time.monotonic() + _BUDGET_SECONDS
        while job.pending and time.monotonic() < until:
            progress = await counting.step(job)
            job = await asyncio.to_thread(self.parts.exports.save, job, progress)
        return job


@dataclass(frozen=True)
class File:
    """`GET /fhir/$export/{job}/{type}.ndjson`: read from the store as it is sent, a page at a time."""

    parts: Parts

    async def __call__(self, request: Request) -> Response:
        kind = str(request.path_params["file"]).removesuffix(".ndjson")
        state = request.state
        state.trail.about(Interaction("operation", "/$export"))
        _allow(request, "GET")
        job = await _job(self.parts, request)
        if job.pending or (kind not in job.files and not (kind == _NOTES and job.since)):
            raise NoSuchResource("The export has no such file, or is not complete yet: ask its status.")
        if kind == _NOTES:
            return Response(write_exact(_note()) + b"\n", media_type=NDJSON)
        state.trail.type = kind
        state.principal.scopes.require(needs(kind))
        fhir_url = await self.parts.outside.address.fhir_url()
        pages = _recorded(Walk(Reader(self.parts, fhir_url), job, kind), state.trail)
        # What fails at once is answered with an outcome, not in the middle of a file.
        first = await anext(pages, b"")
        return StreamingResponse(_chain(first, pages), media_type=NDJSON)


async def _recorded(walk: Walk, trail: Trail) -> AsyncIterator[bytes]:
    """NDJSON, each page recorded before it is given; one that cannot be ends the answer unfinished."""
    for_all = trail.references
    async for page in walk.pages():
        if page:
            names = (f"{walk.kind}/{resource['id']}" for resource in page)
            record = replace(trail, id=str(uuid.uuid4()), references=(*for_all, *names))
            await record.tell(200)
            yield await asyncio.to_thread(_lines, page)


def _lines(page: list[dict[str, Any]]) -> bytes:
    return b"".join(write_exact(resource) + b"\n" for resource in page)


async def _chain(first: bytes, rest: AsyncIterator[bytes]) -> AsyncIterator[bytes]:
    if first:
        yield first
    async for each in rest:
        yield each


async def _job(parts: Parts, request: Request) -> ExportJob:
    """The caller's own, while it is kept."""
    principal: Principal = request.state.principal
    try:
        identity = uuid.UUID(request.path_params["job"])
    except ValueError:
        identity = uuid.UUID(int=0)
    job = await asyncio.to_thread(parts.exports.get, principal.client_id, identity)
    if job is None:
        raise NoSuchResource("There is no such export of this client; a cancelled one is gone.")
    request.state.trail.references = (_name(job),)
    if datetime.now(UTC) > job.expires:
        raise NoSuchResource("The export has expired: begin a new one.")
    return job


def _manifest(job: ExportJob, url: str) -> dict[str, Any]:
    output = [
        {"type": kind, "url": f"{url}/{kind}.ndjson"} | ({} if count is None else {"count": count})
        for kind, count in sorted(job.files.items())
    ]
    notes = [{"type": "OperationOutcome", "url": f"{url}/{_NOTES}.ndjson"}] if job.since else []
    return {
        "transactionTime": job.transaction_time.isoformat(),
        "request": job.request,
        "requiresAccessToken": True,
        "output": output,
        "error": notes,
    }


def _note() -> dict[str, Any]:
    return operation_outcome("informational", _NO_DELETIONS, "information")


def _in_progress(text: str, seconds: int) -> Response:
    return Response(status_code=202, headers={"X-Progress": text, "Retry-After": str(seconds)})


def _name(job: ExportJob) -> str:
    """What records call it, and where it is below the FHIR base."""
    return f"$export/{job.id}"


def _allow(request: Request, *allowed: str) -> None:
    if request.method not in allowed:
        raise MethodNotAllowed(request.method, allowed)
