"""A small HTTP/1.1 client for the ingress: kept connections, bodies streamed both ways."""

from __future__ import annotations

import asyncio
import time
from collections import deque
from collections.abc import AsyncIterator

import httptools

_CHUNK = 1 << 16
_KEPT = 64
_IDLE_SECONDS = 4.0
Headers = list[tuple[bytes, bytes]]


class BackendGone(Exception):
    """The process closed the connection before it answered."""


class _Reader:
    """What the parser has found so far in one response."""

    def __init__(self) -> None:
        self.headers: Headers = []
        self.chunks: deque[bytes] = deque()
        self.started = False
        self.complete = False

    def on_header(self, name: bytes, value: bytes) -> None:
        self.headers.append((name.lower(), value))

    def on_headers_complete(self) -> None:
        self.started = True

    def on_body(self, body: bytes) -> None:
        self.chunks.append(body)

    def on_message_complete(self) -> None:
        self.complete = True


class Exchange:
    """One request and its response on one connection."""

    def __init__(
        self, pool: BackendPool, reader: asyncio.StreamReader, writer: asyncio.StreamWriter, fresh: bool
    ) -> None:
        self._pool, self._reader, self._writer = pool, reader, writer
        self.fresh = fresh
        self._found = _Reader()
        self._parser = httptools.HttpResponseParser(self._found)
        self.status = 0

    async def send_head(self, method: str, target: bytes, headers: Headers) -> None:
        lines = [method.encode() + b" " + target + b" HTTP/1.1"]
        lines += [name + b": " + value for name, value in headers]
        self._writer.write(b"\r\n".join(lines) + b"\r\n\r\n")
        await self._writer.drain()

    async def send_body(self, data: bytes, chunked: bool) -> None:
        if data:
            self._writer.write(b"%x\r\n%b\r\n" % (len(data), data) if chunked else data)
            await self._writer.drain()

    async def end_body(self, chunked: bool) -> None:
        if chunked:
            self._writer.write(b"0\r\n\r\n")
            await self._writer.drain()

    async def _more(self) -> None:
        data = await self._reader.read(_CHUNK)
        if data:
            self._parser.feed_data(data)
        elif self._found.started and not self._parser.should_keep_alive():
            # Without a length the end of the connection is the end of the body.
            self._found.complete = True
        else:
            raise BackendGone

    async def head(self) -> Headers:
        """Status and headers of the final response."""
        while True:
            while not self._found.started:
                await self._more()
            self.status = self._parser.get_status_code()
            if self.status >= 200:
                return self._found.headers
            self._found = _Reader()
            self._parser = httptools.HttpResponseParser(self._found)

    async def body(self) -> AsyncIterator[bytes]:
        while True:
            while self._found.chunks:
                yield self._found.chunks.popleft()
            if self._found.complete:
                return
            await self._more()

    def finish(self, reusable: bool) -> None:
        """Keep the connection for the next request, or close it."""
        if reusable and self._found.complete and self._parser.should_keep_alive():
            self._pool.keep(self._reader, self._writer)
        else:
            self._writer.close()


class BackendPool:
    """Connections to one process."""

    def __init__(self, host: str, port: int) -> None:
        self.host, self.port = host, port
        self._idle: deque[tuple[asyncio.StreamReader, asyncio.StreamWriter, float]] = deque()

    async def exchange(self, fresh: bool = False) -> Exchange:
        while self._idle and not fresh:
            reader, writer, since = self._idle.pop()
            # The server may be about to close what has been idle for long.
            if time.monotonic() - since < _IDLE_SECONDS and not writer.is_closing() and not reader.at_eof():
                return Exchange(self, reader, writer, False)
            writer.close()
        try:
            reader, writer = await asyncio.open_connection(self.host, self.port)
        except OSError as error:
            raise BackendGone from error
        return Exchange(self, reader, writer, True)

    def keep(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        if len(self._idle) < _KEPT:
            self._idle.append((reader, writer, time.monotonic()))
        else:
            writer.close()

    def close(self) -> None:
        while self._idle:
            self._idle.pop()[1].close()
