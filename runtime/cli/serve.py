"""`python -m runtime serve`: one process on granian that ends gracefully on SIGTERM."""

from __future__ import annotations

import asyncio
import logging
import signal

from runtime import logs
from runtime.settings import load

log = logging.getLogger("careplane.runtime")


def serve() -> int:
    settings = load()
    logs.set_up(settings.log_level)
    from runtime.db.engine import require_own_database
    from runtime.parts import connect

    outside = connect(settings)
    require_own_database(outside.engine, settings.database, settings.tenant)
    from runtime.app import build_app
    from runtime.workers import running

    app = build_app(settings, outside, running)
    log.info("%s listens on %s:%d", settings.tenant, settings.address, settings.port)
    asyncio.run(_serve(app, settings.address, settings.port))
    return 0


async def _serve(app: object, address: str, port: int) -> None:
    from granian.constants import HTTPModes, Interfaces
    from granian.server.embed import Server

    server = Server(
        app,
        address=address,
        port=port,
        interface=Interfaces.ASGI,
        http=HTTPModes.http1,
        websockets=False,
        log_enabled=False,
        backlog=1024,
    )
    loop = asyncio.get_running_loop()
    for number in (signal.SIGTERM, signal.SIGINT):
        loop.add_signal_handler(number, server.stop)
    await server.serve()
