"""Ports beyond the fixed ones: an ASGI app each, on the server's event loop, one port per key for good."""

from __future__ import annotations

import asyncio
import contextlib
import errno
import socket
import threading
from collections.abc import Iterator
from concurrent.futures import Future
from typing import Any

import uvicorn

from localcloud.cloud import AsgiApp
from localcloud.ports import DYNAMIC_OFFSET, SPAN
from localcloud.settings import LocalSettings
from localcloud.store import Store


class QuietServer(uvicorn.Server):
    """A uvicorn server that leaves signals to the process."""

    @contextlib.contextmanager
    def capture_signals(self) -> Iterator[None]:
        yield


class NoFreePort(RuntimeError):
    """Every port for dynamic listeners is taken."""


def listen(address: str, port: int) -> socket.socket:
    found = socket.socket()
    found.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
    try:
        found.bind((address, port))
        found.listen(512)
    except OSError:
        found.close()
        raise
    found.setblocking(False)
    return found


def config(app: AsgiApp) -> uvicorn.Config:
    return uvicorn.Config(
        app,
        lifespan="off",
        log_config=None,
        access_log=False,
        http="httptools",
        loop="none",
        ws="none",
        server_header=False,
        date_header=False,
        timeout_keep_alive=75,
        timeout_graceful_shutdown=3,
        proxy_headers=False,
    )


class DynamicListeners:
    """Opens and closes listeners; safe to call from any thread."""

    def __init__(self, settings: LocalSettings, store: Store) -> None:
        self._settings, self._store = settings, store
        self._open: dict[str, tuple[QuietServer, Future[None], int]] = {}
        self._lock = threading.Lock()
        self._loop: asyncio.AbstractEventLoop | None = None

    def bind(self, loop: asyncio.AbstractEventLoop) -> None:
        self._loop = loop

    def spawn(self, coroutine: Any) -> Future[Any]:
        if self._loop is None:
            raise RuntimeError("the server's event loop does not run")
        return asyncio.run_coroutine_threadsafe(coroutine, self._loop)

    def open(self, app: AsgiApp, key: str) -> int:
        with self._lock:
            if key in self._open:
                self._close(key)
            bound, port = self._socket(key)
            server = QuietServer(config(app))
            self._open[key] = (server, self.spawn(server.serve([bound])), port)
            return port

    def close(self, key: str) -> None:
        with self._lock:
            if key in self._open:
                self._close(key)

    def close_all(self) -> None:
        with self._lock:
            for key in list(self._open):
                self._close(key)

    def _close(self, key: str) -> None:
        server, running, _ = self._open.pop(key)
        server.should_exit = True
        with contextlib.suppress(TimeoutError):
            running.result(5)

    def _socket(self, key: str) -> tuple[socket.socket, int]:
        """The key's own port; another one only where a foreign program holds it."""
        taken = {int(value) for other, value in self._store.privates("listeners") if other != key}
        known = self._store.private("listeners", key)
        first = self._settings.port_base + DYNAMIC_OFFSET
        candidates = ([int(known)] if known else []) + [
            p for p in range(first, self._settings.port_base + SPAN) if p not in taken
        ]
        for port in candidates:
            try:
                bound = listen(self._settings.address, port)
            except OSError as error:
                if error.errno != errno.EADDRINUSE:
                    raise
                continue
            self._store.set_private("listeners", key, str(port).encode())
            return bound, port
        raise NoFreePort(f"no free port from {first} to {self._settings.port_base + SPAN - 1}")
