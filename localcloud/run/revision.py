"""One revision: at most one process, started on demand, kept alive, stopped when nobody needs it."""

from __future__ import annotations

import asyncio
import logging
import socket
import subprocess
import threading
import time
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

from localcloud import process
from localcloud.api import Json
from localcloud.run import probes
from localcloud.run.backend import BackendGone, BackendPool
from localcloud.run.logfile import open_log

_LONGEST_PAUSE = 60.0
_log = logging.getLogger(__name__)


class NotReady(Exception):
    """The process ended or never passed its startup probe; `log` is what it wrote."""

    def __init__(self, message: str, log: str) -> None:
        super().__init__(message)
        self.log = log


@dataclass(frozen=True)
class Launch:
    """How to start the process: command, environment (asked for at each start) and where it writes.

    `output` takes its standard output, `log` its standard error.
    """

    command: list[str]
    environment: Callable[[int], dict[str, str]]
    cwd: Path
    log: Path
    output: Path
    host: str


def free_port(host: str) -> int:
    with socket.socket() as probe:
        probe.bind((host, 0))
        return int(probe.getsockname()[1])


class Revision:
    def __init__(self, name: str, container: Json, launch: Launch) -> None:
        self.name = name
        self.launch = launch
        self.startup = probes.startup(container)
        self.liveness = probes.liveness(container)
        self.last_used = time.monotonic()
        self.pool: BackendPool | None = None
        self.allowed = True
        """False while something forbids it to run (a disabled key, a region that is down)."""
        self._active = 0
        self._child: subprocess.Popen[bytes] | None = None
        self._lock = threading.RLock()
        self._crashes = 0
        self._not_before = 0.0
        self._misses = 0
        self._next_check = 0.0

    # -- use -----------------------------------------------------------------

    @property
    def running(self) -> bool:
        return self.pool is not None and self._child is not None and self._child.poll() is None

    @property
    def active(self) -> int:
        return self._active

    def begin(self) -> None:
        self._active += 1
        self.last_used = time.monotonic()

    def end(self) -> None:
        self._active -= 1
        self.last_used = time.monotonic()

    async def ready(self) -> BackendPool:
        """Connections to the running process; starts it if need be. BackendGone when it cannot run."""
        pool = self.pool
        if pool is None or not self.running:
            try:
                pool = await asyncio.to_thread(self.ensure_started)
            except NotReady as error:
                raise BackendGone(str(error)) from error
        return pool

    # -- process -------------------------------------------------------------

    def ensure_started(self) -> BackendPool:
        with self._lock:
            if self.pool is not None and self.running:
                return self.pool
            if not self.allowed:
                raise NotReady(f"{self.name} may not run now", "")
            if time.monotonic() < self._not_before:
                raise NotReady(f"{self.name} keeps crashing and is not started again yet", "")
            try:
                return self._start()
            except NotReady:
                self._back_off()
                raise

    def _back_off(self) -> None:
        self._crashes += 1
        self._not_before = time.monotonic() + min(2.0 ** min(self._crashes, 8) / 2, _LONGEST_PAUSE)

    def _start(self) -> BackendPool:
        port = free_port(self.launch.host)
        environment = self.launch.environment(port)
        begins = [path.stat().st_size if path.exists() else 0 for path in self._streams]
        command = [*process.dies_with_parent("TERM"), *self.launch.command]
        try:
            with open_log(self.launch.log) as errors, open_log(self.launch.output) as output:
                child = process.spawn(
                    command, env=environment, log=output, cwd=self.launch.cwd, errors=errors
                )
        except OSError as error:
            raise NotReady(f"{self.name}: {error}", "") from error
        self._child = child
        started = probes.wait_started(
            self.startup, self.launch.host, port, lambda: child.poll() is None, time.monotonic, time.sleep
        )
        if not started:
            return self._failed(child, begins)
        self.pool = BackendPool(self.launch.host, port)
        self.last_used = time.monotonic()
        self._misses, self._next_check = 0, time.monotonic()
        return self.pool

    @property
    def _streams(self) -> tuple[Path, Path]:
        return self.launch.output, self.launch.log

    def _failed(self, child: subprocess.Popen[bytes], begins: list[int]) -> BackendPool:
        code = child.poll()
        process.end_group(child, 3)
        reason = (
            f"ended with exit code {code}"
            if code is not None
            else f"did not pass its startup probe within {self.startup.budget:.0f} s"
        )
        raise NotReady(
            f"Revision '{self.name}' is not ready and cannot serve traffic. The container failed to start "
            f"and listen on the port that the environment variable PORT names: it {reason}.",
            "\n".join(tail(*each) for each in zip(self._streams, begins, strict=True)).strip(),
        )

    def stop(self, grace: float = 10.0) -> None:
        with self._lock:
            child, self._child, self.pool = self._child, None, None
            if child is not None:
                process.end_group(child, grace)

    def rest(self) -> None:
        """Scale to zero, unless a request is in progress."""
        with self._lock:
            pool, self.pool = self.pool, None
            # After taking the connections away: a request counts itself first and then looks for them.
            if self._active:
                self.pool = pool
            else:
                self.stop()

    def drain(self, seconds: float) -> None:
        """Let requests in progress end, then stop."""
        deadline = time.monotonic() + seconds
        while self._active and time.monotonic() < deadline:
            time.sleep(0.05)
        self.stop()

    # -- care ----------------------------------------------------------------

    def look_after(self, keep: bool, idle_seconds: float) -> None:
        """Restart what crashed and must run, end what hangs, stop what is idle."""
        if not self._lock.acquire(blocking=False):
            return
        try:
            self._care(keep, idle_seconds)
        finally:
            self._lock.release()

    def _care(self, keep: bool, idle_seconds: float) -> None:
        if not self.allowed:
            self.stop(3)
            return
        if self._child is not None and not self.running:
            _log.warning("revision %s ended with exit code %s", self.name, self._child.poll())
            self.stop()
            self._back_off()
        elif self.running:
            self._check_liveness()
            if self.running and time.monotonic() - self.last_used > 60:
                self._crashes = 0
        if (
            self.running
            and not keep
            and not self._active
            and time.monotonic() - self.last_used > idle_seconds
        ):
            self.rest()
        if keep and not self.running and time.monotonic() >= self._not_before:
            try:
                self.ensure_started()
            except NotReady as error:
                _log.warning("%s", error)

    def _check_liveness(self) -> None:
        probe, pool = self.liveness, self.pool
        if probe is None or pool is None or time.monotonic() < self._next_check:
            return
        self._next_check = time.monotonic() + probe.period
        self._misses = 0 if probe.passes(pool.host, pool.port) else self._misses + 1
        if self._misses >= probe.failures:
            _log.warning("revision %s fails its liveness probe and is restarted", self.name)
            self.stop()
            self._back_off()


def tail(log: Path, begin: int, lines: int = 20) -> str:
    if not log.exists():
        return ""
    with open(log, "rb") as file:
        file.seek(begin)
        text = file.read().decode(errors="replace")
    return "\n".join(text.strip().splitlines()[-lines:])
