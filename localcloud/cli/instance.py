"""The one server of a home: its lock, its ports, and what a killed one left behind.

The lock is `flock`, which the system lets go of when its holder dies, however it
dies; the process id in the file is information for people.
"""

from __future__ import annotations

import errno
import fcntl
import os
import socket
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

from localcloud.cli import leavings
from localcloud.cli.errors import CliError, PortInUse, Unwritable
from localcloud.ports import APIS, CONTROL_OFFSET, PUBSUB_GRPC_OFFSET
from localcloud.settings import LocalSettings


class AlreadyRunning(CliError):
    """Another server serves this home."""

    def __init__(self, home: Path, pid: int | None) -> None:
        super().__init__(f"a local cloud already runs from {home} (process {pid or 'unknown'})")
        self.pid = pid


@dataclass(frozen=True)
class Holder:
    """What the lock file says: the process that wrote it, and whether it still holds the lock."""

    pid: int | None
    alive: bool

    @property
    def stale(self) -> bool:
        return self.pid is not None and not self.alive


def lock_file(settings: LocalSettings) -> Path:
    return settings.home / "server.lock"


def make_home(settings: LocalSettings) -> None:
    """The folder for everything that is written, or one sentence why there is none."""
    try:
        settings.home.mkdir(parents=True, exist_ok=True)
        probe = settings.home / f".write-{os.getpid()}"
        probe.touch()
        probe.unlink()
    except OSError as error:
        raise Unwritable(settings.home, error.strerror or str(error)) from error


def _pid(text: str) -> int | None:
    return int(text) if text.strip().isdigit() else None


def holder(settings: LocalSettings) -> Holder:
    """Who holds, or last held, the lock."""
    try:
        with lock_file(settings).open() as file:
            pid = _pid(file.read())
            try:
                fcntl.flock(file, fcntl.LOCK_SH | fcntl.LOCK_NB)
            except BlockingIOError:
                return Holder(pid, True)
            return Holder(pid, False)
    except FileNotFoundError:
        return Holder(None, False)


@contextmanager
def held(settings: LocalSettings) -> Iterator[Holder]:
    """Hold the lock; yields who held it before. Any end but a kill empties the file."""
    file = os.fdopen(os.open(lock_file(settings), os.O_RDWR | os.O_CREAT, 0o600), "r+")
    with file:
        before = _pid(file.read())
        try:
            fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            raise AlreadyRunning(settings.home, before) from None
        _write(file.fileno(), str(os.getpid()))
        try:
            yield Holder(before, False)
        finally:
            _write(file.fileno(), "")


def _write(descriptor: int, text: str) -> None:
    os.ftruncate(descriptor, 0)
    os.pwrite(descriptor, text.encode(), 0)


def recover(settings: LocalSettings, before: Holder) -> str:
    """End what a killed server left running, so that ports and data are ours again; says so in a sentence."""
    ended = leavings.end(settings.home)
    if not before.stale and not ended:
        return ""
    return (
        f"The local cloud before this one (process {before.pid or 'unknown'}) was killed:"
        f" took over its lock and ended {ended} processes that it had left."
    )


def ports(settings: LocalSettings) -> list[tuple[int, str]]:
    """Every fixed port and what it is for."""
    apis = [(settings.port(api.name), api.name) for api in APIS]
    extra = [(CONTROL_OFFSET, "control"), (PUBSUB_GRPC_OFFSET, "Pub/Sub over gRPC")]
    return apis + [(settings.port_base + offset, use) for offset, use in extra]


def require_free_ports(settings: LocalSettings) -> None:
    """Raise PortInUse for the first port that another program holds."""
    for port, use in ports(settings):
        with socket.socket() as probe:
            probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
            try:
                probe.bind((settings.address, port))
            except OSError as error:
                if error.errno != errno.EADDRINUSE:
                    raise
                raise PortInUse(settings.address, port, use, settings.port_base) from None
