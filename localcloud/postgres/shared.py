"""The PostgreSQL server that holds localcloud's own FHIR stores."""

from __future__ import annotations

import threading
from pathlib import Path

from localcloud.cloud import Cloud
from localcloud.postgres.addresses import Address, choose
from localcloud.postgres.config import Options
from localcloud.postgres.server import Server
from localcloud.registry import on_stop

_NAME = "healthcare"
_VERSION = 18
_lock = threading.Lock()
_servers: dict[Path, Server] = {}


def fhir_server(cloud: Cloud) -> Server:
    """The running server for Healthcare stores of this local cloud; the first call makes and starts it.

    Connect with `fhir_server(cloud).dsn(database)`: superuser over the unix socket.
    """
    home = cloud.settings.home
    with _lock:
        server = _servers.get(home)
        if server is None:
            server = _servers[home] = Server(home, _NAME, _VERSION, _address(cloud), Options(tls=False))
        server.ensure_started()
        return server


def _address(cloud: Cloud) -> Address:
    kept = cloud.store.private("postgres", _NAME)
    if kept is not None:
        host, _, port = kept.decode().partition(":")
        return Address(host, int(port))
    address = choose(cloud.settings.home, _NAME)
    cloud.store.set_private("postgres", _NAME, f"{address.host}:{address.port}".encode())
    return address


@on_stop
def stop(cloud: Cloud) -> None:
    with _lock:
        server = _servers.pop(cloud.settings.home, None)
    if server is not None:
        server.stop()
