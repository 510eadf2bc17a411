"""The process in front of one server that speaks TLS with its clients (see `proxy.py`)."""

from __future__ import annotations

import contextlib
import socket
import subprocess
import sys
import time
from collections.abc import Mapping
from pathlib import Path

from localcloud import process
from localcloud.postgres.addresses import Address, free
from localcloud.postgres.errors import ServerFailed

_START_SECONDS = 60.0
_ROOT = Path(__file__).resolve().parent.parent.parent


class Front:
    """Without it nobody reaches the server's address; it may end and begin while the server runs."""

    def __init__(self, folder: Path, address: Address) -> None:
        self._folder = folder
        self._address = address
        self._child: subprocess.Popen[bytes] | None = None

    @property
    def running(self) -> bool:
        return self._child is not None and self._child.poll() is None

    def start(self, environment: Mapping[str, str], *, tls_only: bool) -> None:
        """Start; returns when the address answers."""
        mark = f"proxy:{self._folder}"
        if not free(self._address.host, self._address.port):
            process.end_strays(mark)
        log = self._folder / "proxy.log"
        with open(log, "ab") as file:
            self._child = process.spawn(
                self._command(tls_only), env={**environment, process.MARK: mark}, log=file, cwd=_ROOT
            )
        deadline = time.monotonic() + _START_SECONDS
        while not _answers(self._address):
            if self._child.poll() is not None or time.monotonic() > deadline:
                raise ServerFailed("TLS proxy", log.read_text())
            time.sleep(0.02)

    def _command(self, tls_only: bool) -> list[str]:
        return [
            *process.dies_with_parent("TERM"),
            sys.executable,
            "-m",
            "localcloud.postgres.proxy",
            self._address.host,
            str(self._address.port),
            str(self._address.backend_port),
            str(self._folder / "tls" / "server.crt"),
            str(self._folder / "tls" / "server.key"),
            "required" if tls_only else "optional",
        ]

    def stop(self) -> None:
        child, self._child = self._child, None
        if child is not None:
            process.end_group(child, 2)


def _answers(address: Address) -> bool:
    with contextlib.suppress(OSError), socket.create_connection((address.host, address.port), 1):
        return True
    return False
