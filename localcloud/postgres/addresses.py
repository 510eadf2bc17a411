"""A loopback address of its own for each server: always the same one for the same home and name."""

from __future__ import annotations

import hashlib
import socket
from collections.abc import Collection, Iterator
from dataclasses import dataclass
from functools import cache
from pathlib import Path

from localcloud.postgres.errors import NoAddress

PORT = 5432
_TRIES = 64


@dataclass(frozen=True)
class Address:
    host: str
    port: int = PORT

    @property
    def backend_port(self) -> int:
        """Where PostgreSQL itself listens; clients meet the TLS proxy on `port`."""
        return self.port + 1


def free(host: str, port: int) -> bool:
    """Whether a server could listen there now."""
    with socket.socket(socket.AF_INET, socket.SOCK_STREAM) as probe:
        probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            probe.bind((host, port))
        except OSError:
            return False
    return True


@cache
def whole_loopback_net() -> bool:
    """Whether the system answers for all of 127.0.0.0/8 (Linux does, macOS only for 127.0.0.1)."""
    return free("127.64.0.1", 0)


def _candidates(home: Path, name: str) -> Iterator[Address]:
    for attempt in range(_TRIES):
        digest = hashlib.sha256(f"{home}\0{name}\0{attempt}".encode()).digest()
        if whole_loopback_net():
            yield Address(f"127.{64 + digest[0] % 64}.{digest[1]}.{1 + digest[2] % 254}")
        else:
            yield Address("127.0.0.1", 20000 + 2 * (int.from_bytes(digest[:2]) % 6000))


def choose(home: Path, name: str, taken: Collection[Address] = ()) -> Address:
    """The first candidate that nobody has been given and that can be bound."""
    for address in _candidates(home, name):
        ports = (address.port, address.backend_port)
        if address not in taken and all(free(address.host, port) for port in ports):
            return address
    raise NoAddress(name)
