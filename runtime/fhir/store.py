"""What every interaction works with: the database, the store's ways and its clock."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import UTC, datetime

from runtime.fhir.config import StoreConfig
from runtime.fhir.database import Database
from runtime.fhir.rowids import RowIds


def utc_now() -> datetime:
    return datetime.now(UTC)


@dataclass(frozen=True)
class Store:
    database: Database
    base_url: str
    """Without a slash at its end; full URLs and links begin with it."""
    config: StoreConfig = field(default_factory=StoreConfig)
    now: Callable[[], datetime] = utc_now
    rids: RowIds = field(default_factory=RowIds)
