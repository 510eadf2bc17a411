"""An HTTP client that calls an ASGI app in this process, without a loop in the test."""

from __future__ import annotations

import asyncio
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

import httpx


class Http:
    def __init__(self, runner: asyncio.Runner, client: httpx.AsyncClient) -> None:
        self._runner, self._client = runner, client
        self.headers = client.headers

    def request(self, method: str, url: str, **more: Any) -> httpx.Response:
        return self._runner.run(self._client.request(method, url, **more))

    def get(self, url: str, **more: Any) -> httpx.Response:
        return self.request("GET", url, **more)

    def post(self, url: str, **more: Any) -> httpx.Response:
        return self.request("POST", url, **more)

    def put(self, url: str, **more: Any) -> httpx.Response:
        return self.request("PUT", url, **more)

    def patch(self, url: str, **more: Any) -> httpx.Response:
        return self.request("PATCH", url, **more)

    def delete(self, url: str, **more: Any) -> httpx.Response:
        return self.request("DELETE", url, **more)


@contextmanager
def calling(app: Any, base_url: str) -> Iterator[Http]:
    transport = httpx.ASGITransport(app, raise_app_exceptions=False, client=("203.0.113.7", 4711))
    with asyncio.Runner() as runner:
        client = httpx.AsyncClient(transport=transport, base_url=base_url)
        try:
            yield Http(runner, client)
        finally:
            runner.run(client.aclose())
