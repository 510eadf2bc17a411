"""The server: one process, one port per API, a thread pool for behaviours, an orderly end."""

from __future__ import annotations

import asyncio
import errno
import importlib
import pkgutil
import shutil
import signal
import socket
import sys
import traceback
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from typing import Any

import uvloop

import localcloud.services
from localcloud import listeners
from localcloud.asgi import ApiApp
from localcloud.cloud import Cloud
from localcloud.control import Control
from localcloud.faults import FaultyClock, StoredFaults
from localcloud.iam import StoredIam
from localcloud.ports import APIS, CONTROL_OFFSET
from localcloud.registry import STARTERS, STOPPERS
from localcloud.routing import router
from localcloud.settings import LocalSettings, SettingsError
from localcloud.store import Store
from localcloud.tokens import StoredTokens, operator_token

THREADS = 96
_DATA = ("objects", "postgres", "run", "healthcare", "pubsub")


def load_services() -> None:
    """Import every module of `localcloud.services`, which registers its behaviours."""
    for module in pkgutil.iter_modules(localcloud.services.__path__):
        importlib.import_module(f"localcloud.services.{module.name}")


def build_cloud(settings: LocalSettings) -> Cloud:
    """The parts over the state of a home, which is made if it is not there."""
    settings.home.mkdir(parents=True, exist_ok=True)
    store = Store(settings.state_file)
    faults = StoredFaults(store)
    clock = FaultyClock(faults)
    tokens = StoredTokens(store, clock, operator_token(settings.home))
    tokens.purge()
    return Cloud(
        settings,
        store,
        clock,
        tokens,
        StoredIam(store, clock),
        listeners.DynamicListeners(settings, store),
        faults,
    )


@dataclass(frozen=True)
class Server:
    """A built cloud and what serves it."""

    cloud: Cloud
    pool: ThreadPoolExecutor
    control: Control

    def start_services(self) -> None:
        for hook in STARTERS:
            hook(self.cloud)
        self.control.ready = True

    def stop_services(self) -> None:
        """Every stopper runs, whatever another one does."""
        self.control.ready = False
        for hook in reversed(STOPPERS):
            try:
                hook(self.cloud)
            except Exception:
                traceback.print_exc()

    def reset(self) -> None:
        """Forget everything: services end, the state and the data are deleted, services begin again."""
        self.stop_services()
        listening = self.cloud.listeners
        assert isinstance(listening, listeners.DynamicListeners)
        listening.close_all()
        self.cloud.store.wipe()
        self.cloud.tokens.forget()  # type: ignore[attr-defined]
        self.cloud.faults.forget()  # type: ignore[attr-defined]
        for folder in _DATA:
            shutil.rmtree(self.cloud.settings.home / folder, ignore_errors=True)
        self.start_services()


def sockets(settings: LocalSettings) -> list[socket.socket]:
    """One listening socket per API and one for control; the error names the port that is in use."""
    bound: list[socket.socket] = []
    try:
        for offset in [*(api.offset for api in APIS), CONTROL_OFFSET]:
            bound.append(listeners.listen(settings.address, settings.port_base + offset))
    except OSError as error:
        for one in bound:
            one.close()
        if error.errno != errno.EADDRINUSE:
            raise
        port = settings.port_base + offset
        raise SettingsError(
            "CAREPLANE_PORT_BASE", str(settings.port_base), f"a base whose port {port} is free"
        ) from None
    return bound


def serve(settings: LocalSettings) -> None:
    """Serve until SIGTERM or SIGINT. The caller holds the lock of the home."""
    load_services()
    for api in APIS:
        router(api.name)
    bound = sockets(settings)
    cloud = build_cloud(settings)
    with asyncio.Runner(loop_factory=uvloop.new_event_loop) as runner:
        ended_well = runner.run(_run(cloud, bound))
    cloud.store.close()
    if not ended_well:
        raise SystemExit(1)


async def _run(cloud: Cloud, bound: list[socket.socket]) -> bool:
    loop = asyncio.get_running_loop()
    assert isinstance(cloud.listeners, listeners.DynamicListeners)
    cloud.listeners.bind(loop)
    with ThreadPoolExecutor(THREADS, "api") as pool, ThreadPoolExecutor(1, "main") as main:
        control = Control(lambda: server.reset())
        server = Server(cloud, pool, control)
        ports = {cloud.settings.port(api.name): api.name for api in APIS}
        api_server = listeners.QuietServer(listeners.config(ApiApp(cloud, ports, pool, control)))
        ended = asyncio.Event()
        for number in (signal.SIGTERM, signal.SIGINT):
            loop.add_signal_handler(number, ended.set)
        serving = asyncio.ensure_future(api_server.serve(bound))
        starting = loop.run_in_executor(main, server.start_services)
        ended_well = await _until_ended(ended, starting)
        await loop.run_in_executor(main, server.stop_services)
        await loop.run_in_executor(main, cloud.listeners.close_all)
        api_server.should_exit = True
        await serving
        return ended_well


async def _until_ended(ended: asyncio.Event, starting: asyncio.Future[None]) -> bool:
    """Wait for a signal; a service that cannot start ends the server with its error."""
    waiting = asyncio.ensure_future(ended.wait())
    tasks: set[asyncio.Future[Any]] = {waiting, starting}
    await asyncio.wait(tasks, return_when=asyncio.FIRST_COMPLETED)
    if starting.done() and starting.exception():
        waiting.cancel()
        traceback.print_exception(starting.exception())
        print("A service did not start; localcloud ends.", file=sys.stderr, flush=True)
        return False
    await waiting
    return True
