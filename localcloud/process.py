"""Child processes that never outlive localcloud: started from one lasting thread, ended when it dies."""

from __future__ import annotations

import contextlib
import os
import queue
import shutil
import signal
import subprocess
import threading
import time
from collections.abc import Mapping, Sequence
from concurrent.futures import Future
from functools import cache
from pathlib import Path
from typing import IO, Any

MARK = "CAREPLANE_CHILD_OF"
"""Environment variable that says to which localcloud and service a process belongs."""

_Work = tuple["Future[subprocess.Popen[bytes]]", dict[str, Any]]


class _Spawner:
    """One thread that starts every child.

    Linux sends a parent-death signal when the *thread* that forked is gone, so
    a worker of a pool must not be the one that forks.
    """

    def __init__(self) -> None:
        self._queue: queue.SimpleQueue[_Work] = queue.SimpleQueue()
        threading.Thread(target=self._run, name="spawner", daemon=True).start()

    def _run(self) -> None:
        while True:
            future, arguments = self._queue.get()
            try:
                child: Any = subprocess.Popen(**arguments)
                future.set_result(child)
            except OSError as error:
                future.set_exception(error)

    def start(self, **arguments: Any) -> subprocess.Popen[bytes]:
        future: Future[subprocess.Popen[bytes]] = Future()
        self._queue.put((future, arguments))
        return future.result()


@cache
def _spawner() -> _Spawner:
    return _Spawner()


@cache
def _setpriv() -> str | None:
    """util-linux's setpriv, when it can set a parent-death signal (BusyBox's cannot)."""
    path = shutil.which("setpriv")
    if path is None:
        return None
    help_text = subprocess.run([path, "--help"], capture_output=True, text=True, check=False).stdout
    return path if "--pdeathsig" in help_text else None


def dies_with_parent(death_signal: str) -> list[str]:
    """What to put before a command so that it gets the signal (`INT`, `TERM`) when localcloud dies."""
    path = _setpriv()
    return [path, "--pdeathsig", death_signal, "--"] if path else []


def spawn(
    command: Sequence[str],
    *,
    env: Mapping[str, str],
    log: IO[bytes] | int,
    cwd: Path | None = None,
    errors: IO[bytes] | int = subprocess.STDOUT,
) -> subprocess.Popen[bytes]:
    """Start a child in a session of its own, so that a Ctrl-C at the terminal does not reach it.

    Both of its streams go to `log`, unless `errors` is another place for the second.
    """
    return _spawner().start(
        args=list(command),
        env=dict(env),
        cwd=cwd,
        stdin=subprocess.DEVNULL,
        stdout=log,
        stderr=errors,
        start_new_session=True,
    )


def alive(pid: int) -> bool:
    """Whether the process exists and is no zombie."""
    try:
        os.kill(pid, 0)
    except ProcessLookupError:
        return False
    except PermissionError:
        return True
    with contextlib.suppress(OSError):
        return Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()[0] != "Z"
    return True


def wait_gone(pid: int, seconds: float) -> bool:
    """Wait for a process that may not be our child; True when it has ended."""
    deadline = time.monotonic() + seconds
    while alive(pid):
        if time.monotonic() > deadline:
            return False
        time.sleep(0.02)
    return True


def end_group(child: subprocess.Popen[bytes], grace: float = 10.0) -> None:
    """SIGTERM to the child's whole group, SIGKILL to what is left of it after the grace period."""
    with contextlib.suppress(ProcessLookupError, PermissionError):
        os.killpg(child.pid, signal.SIGTERM)
    with contextlib.suppress(subprocess.TimeoutExpired):
        child.wait(grace)
    with contextlib.suppress(ProcessLookupError, PermissionError):
        os.killpg(child.pid, signal.SIGKILL)
    with contextlib.suppress(subprocess.TimeoutExpired):
        child.wait(5)


def strays(mark: str, proc: Path = Path("/proc")) -> list[int]:
    """Processes that carry the mark, such as a killed localcloud left behind; none without a /proc."""
    wanted = f"{MARK}={mark}".encode()
    found = []
    for environ in proc.glob("[0-9]*/environ"):
        with contextlib.suppress(OSError):
            if wanted in environ.read_bytes().split(b"\0") and int(environ.parent.name) != os.getpid():
                found.append(int(environ.parent.name))
    return found


def end_strays(mark: str) -> list[int]:
    """End them: SIGTERM, then SIGKILL. Returns the process ids that were found."""
    found = strays(mark)
    for number in (signal.SIGTERM, signal.SIGKILL):
        for pid in found:
            with contextlib.suppress(ProcessLookupError, PermissionError):
                os.kill(pid, number)
        if all(wait_gone(pid, 3) for pid in found):
            break
    return found
