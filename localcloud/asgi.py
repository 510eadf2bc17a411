"""ASGI around the dispatcher: one app for every API, told apart by the port that was connected to."""

from __future__ import annotations

import asyncio
from collections.abc import Mapping
from concurrent.futures import Executor
from typing import Any

import orjson

from localcloud import dispatch
from localcloud.api import ApiError, Reply
from localcloud.cloud import Cloud

_LARGEST = 1 << 30


class ApiApp:
    """Reads the request, runs the behaviour on the thread pool, writes the reply."""

    def __init__(self, cloud: Cloud, ports: Mapping[int, str], pool: Executor, control: Any) -> None:
        self._cloud, self._ports, self._pool, self._control = cloud, ports, pool, control

    async def __call__(self, scope: Any, receive: Any, send: Any) -> None:
        if scope["type"] != "http":
            return
        port = scope["server"][1]
        raw = await read(receive)
        if raw is None:
            await write(send, Reply(ApiError(413, "The request is larger than 1 GiB.").body(), 413))
            return
        headers = {key.decode("latin-1").lower(): value.decode("latin-1") for key, value in scope["headers"]}
        request = dispatch.Request(
            self._ports.get(port, ""),
            scope["method"],
            scope["raw_path"].decode("ascii", "replace").partition("?")[0],
            scope["query_string"].decode(),
            headers,
            raw,
            f"http://{headers.get('host', f'127.0.0.1:{port}')}",
        )
        work = dispatch.handle if request.api else self._control
        reply = await asyncio.get_running_loop().run_in_executor(self._pool, work, self._cloud, request)
        await write(send, reply)


async def read(receive: Any) -> bytes | None:
    """The whole body; None when it is larger than any API takes, or the client left."""
    parts, size = [], 0
    while True:
        message = await receive()
        if message["type"] != "http.request":
            return None
        parts.append(message.get("body", b""))
        size += len(parts[-1])
        if size > _LARGEST:
            return None
        if not message.get("more_body"):
            return b"".join(parts) if len(parts) > 1 else parts[0]


async def write(send: Any, reply: Reply) -> None:
    headers = dict(reply.headers)
    body = reply.body
    if body is None:
        data = b""
    elif isinstance(body, bytes | bytearray | memoryview):
        data = bytes(body)
        headers.setdefault("content-type", "application/octet-stream")
    else:
        data = orjson.dumps(body)
        headers.setdefault("content-type", "application/json; charset=UTF-8")
    headers.setdefault("content-length", str(len(data)))
    encoded = [(key.encode("latin-1"), value.encode("latin-1")) for key, value in headers.items()]
    await send({"type": "http.response.start", "status": reply.status, "headers": encoded})
    await send({"type": "http.response.body", "body": data})
