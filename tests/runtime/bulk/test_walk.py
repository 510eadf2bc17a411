"""Which version of a resource an export gives, when it was written after the transaction time."""

from __future__ import annotations

import asyncio
import json
import uuid
from collections.abc import Mapping
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from runtime.bulk.job import ExportJob
from runtime.bulk.reader import Reader
from runtime.bulk.walk import Walk
from runtime.clients.healthcare import StoreAnswer
from runtime.clients.healthcare_fake import FakeStore
from runtime.errors import Unavailable
from runtime.parts import assemble
from tests.runtime.world import World

THEN = datetime(2026, 1, 31, 8, tzinfo=UTC)


def version(number: int, minutes: int) -> dict[str, Any]:
    """Written so long after the transaction time; before it, where negative."""
    at = (THEN + timedelta(minutes=minutes)).isoformat()
    meta = {"versionId": str(number), "lastUpdated": at}
    return {"resourceType": "Observation", "id": "a", "meta": meta}


def wrote(number: int, minutes: int, method: str = "PUT") -> dict[str, Any]:
    return {"resource": version(number, minutes), "request": {"method": method, "url": "Observation/a"}}


def deleted(minutes: int) -> dict[str, Any]:
    at = (THEN + timedelta(minutes=minutes)).isoformat()
    return {"request": {"method": "DELETE", "url": "Observation/a"}, "response": {"lastModified": at}}


class Store(FakeStore):
    """Answers a search with one page, and a history with the pages that it is given."""

    def __init__(self, current: dict[str, Any], *history: list[dict[str, Any]], refusals: int = 0) -> None:
        super().__init__()
        self.current, self.history, self.refusals = current, history, refusals

    async def send(
        self,
        method: str,
        path: str,
        query: str = "",
        headers: Mapping[str, str] | None = None,
        body: bytes = b"",
    ) -> StoreAnswer:
        if self.refusals:
            self.refusals -= 1
            return StoreAnswer(429)
        if not path.endswith("_history"):
            return _bundle([{"resource": self.current}])
        if not self.history:
            return StoreAnswer(404)
        page = int(query.removeprefix("page=")) if query.startswith("page=") else 0
        more = f"{self.addresses[0]}{path}?page={page + 1}" if page + 1 < len(self.history) else ""
        return _bundle(self.history[page], more)


def _bundle(entries: list[dict[str, Any]], following: str = "") -> StoreAnswer:
    link = [{"relation": "next", "url": following}] if following else []
    found = {"resourceType": "Bundle", "entry": entries, "link": link}
    return StoreAnswer(200, {}, json.dumps(found).encode())


def given(store: Store, since: datetime | None = None) -> list[str]:
    """The version ids that are exported."""
    world = World(store=store)
    job = ExportJob(uuid.uuid4(), "app", "", THEN, since, ("Observation",))
    walk = Walk(Reader(assemble(world.settings, world.outside()), "https://x/fhir"), job, "Observation")

    async def versions() -> list[str]:
        return [each["meta"]["versionId"] async for page in walk.pages() for each in page]

    return asyncio.run(versions())


@pytest.mark.parametrize(
    ("current", "history", "expected"),
    [
        (version(3, -1), [], ["3"]),
        (version(3, 0), [], ["3"]),
        (version(3, 2), [[wrote(3, 2), wrote(2, 1), wrote(1, -5)]], ["1"]),
        (version(3, 2), [[wrote(3, 2)], [wrote(2, -1), wrote(1, -5)]], ["2"]),
        (version(1, 2), [[wrote(1, 2, "POST")]], []),
        (version(3, 2), [[wrote(3, 2), deleted(-1), wrote(1, -5, "POST")]], []),
        (version(3, 2), [[wrote(3, 2), deleted(1), wrote(1, -5, "POST")]], ["1"]),
        (version(3, 2), [[wrote(3, 2)]], ["3"]),
        (version(3, 2), [], []),
    ],
    ids=[
        "written before",
        "written at that instant",
        "written after",
        "history of two pages",
        "made after",
        "made again after",
        "deleted and made again after",
        "no versions are kept",
        "deleted meanwhile",
    ],
)
def test_it_is_as_it_was_at_the_transaction_time(
    current: dict[str, Any], history: list[list[dict[str, Any]]], expected: list[str]
) -> None:
    assert given(Store(current, *history)) == expected


def test_a_version_from_before_since_is_left_to_the_export_before() -> None:
    history = [wrote(3, 2), wrote(2, -10)]
    assert given(Store(version(3, 2), history), since=THEN - timedelta(minutes=5)) == []
    assert given(Store(version(3, 2), history), since=THEN - timedelta(minutes=15)) == ["2"]


def test_a_store_that_is_busy_for_a_moment_is_asked_again() -> None:
    assert given(Store(version(1, -1), refusals=2)) == ["1"]
    with pytest.raises(Unavailable):
        given(Store(version(1, -1), refusals=3))
