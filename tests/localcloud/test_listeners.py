"""Ports that services open while the server runs."""

from __future__ import annotations

import asyncio
import threading
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import httpx
import pytest

from localcloud.listeners import DynamicListeners, listen
from localcloud.settings import LocalSettings
from localcloud.store import Store
from tests.free_ports import free_base


async def hello(scope: Any, receive: Any, send: Any) -> None:
    await send({"type": "http.response.start", "status": 200, "headers": [(b"content-length", b"2")]})
    await send({"type": "http.response.body", "body": b"hi"})


@pytest.fixture
def listeners(tmp_path: Path) -> Iterator[DynamicListeners]:
    loop = asyncio.new_event_loop()
    thread = threading.Thread(target=loop.run_forever)
    thread.start()
    found = DynamicListeners(
        LocalSettings(tmp_path, tmp_path, port_base=free_base()), Store(tmp_path / "state")
    )
    found.bind(loop)
    yield found
    found.close_all()
    loop.call_soon_threadsafe(loop.stop)
    thread.join()
    loop.close()


def get(port: int) -> str:
    return httpx.get(f"http://127.0.0.1:{port}/", trust_env=False).text


def test_the_same_key_gets_the_same_port_again(listeners: DynamicListeners) -> None:
    first, second = listeners.open(hello, "a"), listeners.open(hello, "b")
    assert first != second
    assert get(first) == get(second) == "hi"
    listeners.close("a")
    with pytest.raises(httpx.ConnectError):
        get(first)
    assert listeners.open(hello, "a") == first
    assert get(first) == "hi"


def test_a_port_that_a_foreign_program_holds_is_passed_over(listeners: DynamicListeners) -> None:
    first = listeners.open(hello, "a")
    listeners.close("a")
    with listen("127.0.0.1", first):
        other = listeners.open(hello, "a")
        assert other != first
        assert get(other) == "hi"
