"""Every request ends within a time but for the files of a bulk export."""

from __future__ import annotations

import asyncio
from typing import Any

import pytest
from starlette.types import Message, Receive, Scope, Send

from runtime.errors import TookTooLong
from runtime.middleware.time_limit import TimeLimitMiddleware
from tests.runtime.world import FHIR, World, patient

LIMIT = 0.05


def ask(app: Any, method: str, path: str) -> list[Message]:
    sent: list[Message] = []

    async def send(message: Message) -> None:
        sent.append(message)

    async def receive() -> Message:
        return {"type": "http.request", "body": b""}

    scope = {"type": "http", "method": method, "path": path}
    asyncio.run(TimeLimitMiddleware(app, LIMIT)(scope, receive, send))
    return sent


async def slow(scope: Scope, receive: Receive, send: Send) -> None:
    await asyncio.sleep(3 * LIMIT)
    await send({"type": "http.response.start", "status": 200})


@pytest.mark.parametrize(
    ("method", "path"),
    [
        ("POST", "/fhir/Patient"),
        ("GET", "/fhir/Patient"),
        ("POST", "/auth/token"),
        ("GET", "/fhir/$export/job"),
        ("DELETE", "/fhir/$export/job/Patient-1.ndjson"),
        ("GET", "/fhir/$export/job/file/more"),
    ],
)
def test_what_takes_too_long_is_refused(method: str, path: str) -> None:
    with pytest.raises(TookTooLong, match="may have been made"):
        ask(slow, method, path)


def test_a_file_of_an_export_has_the_time_that_it_needs() -> None:
    assert ask(slow, "GET", "/fhir/$export/job/Patient-1.ndjson")[0]["status"] == 200


def test_a_time_out_of_something_else_stays_what_it_was() -> None:
    async def fails(scope: Scope, receive: Receive, send: Send) -> None:
        raise TimeoutError("the database")

    with pytest.raises(TimeoutError, match="the database"):
        ask(fails, "GET", "/fhir/Patient")


def test_it_is_answered_as_fhir_and_its_end_is_recorded(monkeypatch: pytest.MonkeyPatch) -> None:
    world = World()
    store = world.store.send

    async def send(method: str, *more: Any, **rest: Any) -> Any:
        await asyncio.sleep(2 * LIMIT if method == "PUT" else 0)
        return await store(method, *more, **rest)

    monkeypatch.setattr(world.store, "send", send)
    monkeypatch.setattr(TimeLimitMiddleware.__init__, "__defaults__", (LIMIT,))
    with world.client() as http:
        answer = http.put("/fhir/Patient/a", json=patient(id="a"), headers=FHIR)
    assert answer.status_code == 504, answer.text
    assert answer.json()["issue"][0]["code"] == "timeout"
    assert [(each.phase, each.status) for each in world.records()[-2:]] == [
        ("intent", None),
        ("outcome", 504),
    ]
