"""The programs and policy packs that run under the language host."""

from __future__ import annotations

import contextlib
import subprocess
import threading
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import IO

GRACE = 3.0
"""Seconds from SIGTERM to SIGKILL; the engine gives the host itself 5."""


class Children:
    """Starts processes and ends those that are left, each exactly once."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._running: set[subprocess.Popen[bytes]] = set()
        self._ended = False

    def start(
        self,
        command: Sequence[str],
        *,
        cwd: Path,
        env: Mapping[str, str],
        output: int | IO[bytes] | None = None,
    ) -> subprocess.Popen[bytes]:
        """With `output` None the child writes where the host does: to the engine's display."""
        with self._lock:
            if self._ended:
                raise InterruptedError("the engine has cancelled")
            child = subprocess.Popen(
                list(command), cwd=cwd, env=dict(env), stdin=subprocess.DEVNULL, stdout=output, stderr=output
            )
            self._running.add(child)
            return child

    def wait(self, child: subprocess.Popen[bytes]) -> int:
        code = child.wait()
        with self._lock:
            self._running.discard(child)
        return code

    def end_one(self, child: subprocess.Popen[bytes]) -> None:
        """End the child and wait for it; does nothing when it has ended."""
        with contextlib.suppress(ProcessLookupError):
            child.terminate()
            with contextlib.suppress(subprocess.TimeoutExpired):
                child.wait(GRACE)
                return
            child.kill()

    def end(self) -> None:
        """End all and start no more."""
        with self._lock:
            self._ended = True
            left = list(self._running)
        for child in left:
            self.end_one(child)
