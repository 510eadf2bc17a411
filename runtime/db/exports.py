"""Bulk data exports in the tenant's operational database, so that every instance knows them."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime, timedelta
from typing import Any
from uuid import UUID

from sqlalchemy import Engine, delete, insert, select, update

from runtime.bulk.job import KEPT, ExportJob, Progress
from runtime.db.tables import export_jobs as table

_REMEMBERED = KEPT + timedelta(days=6)
"""An expired export is known for some days more, so that it can be told from one that never was."""


class Exports:
    def __init__(self, engine: Engine) -> None:
        self._engine = engine

    def add(self, job: ExportJob) -> None:
        now = datetime.now(UTC)
        with self._engine.begin() as connection:
            connection.execute(delete(table).where(table.c.created_at < now - _REMEMBERED))
            connection.execute(insert(table).values({**_row(job), "created_at": now}))

    def get(self, client_id: str, identity: UUID) -> ExportJob | None:
        """None for another client's as well."""
        query = select(table).where(table.c.id == identity, table.c.client_id == client_id)
        with self._engine.connect() as connection:
            row = connection.execute(query).one_or_none()
        return _job(row) if row else None

    def save(self, job: ExportJob, progress: Progress) -> ExportJob:
        """The job with its new progress; with what another instance has saved, where that was first."""
        query = update(table).where(table.c.id == job.id, table.c.progress == job.progress.text())
        with self._engine.begin() as connection:
            saved = connection.execute(query.values(progress=progress.text())).rowcount
        return replace(job, progress=progress) if saved else self.get(job.client_id, job.id) or job

    def remove(self, identity: UUID) -> None:
        with self._engine.begin() as connection:
            connection.execute(delete(table).where(table.c.id == identity))


def _row(job: ExportJob) -> dict[str, Any]:
    return {
        "id": job.id,
        "client_id": job.client_id,
        "request": job.request,
        "transaction_time": job.transaction_time.isoformat(),
        "since": job.since.isoformat() if job.since else None,
        "kinds": " ".join(job.kinds),
        "elements": " ".join(job.elements),
        "progress": job.progress.text(),
    }


def _job(row: Any) -> ExportJob:
    return ExportJob(
        id=row.id,
        client_id=row.client_id,
        request=row.request,
        transaction_time=datetime.fromisoformat(row.transaction_time),
        since=datetime.fromisoformat(row.since) if row.since else None,
        kinds=tuple(row.kinds.split()),
        elements=tuple(row.elements.split()),
        progress=Progress.parse(row.progress),
    )
