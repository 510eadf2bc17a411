"""`up`: the local cloud in the background."""

from __future__ import annotations

import argparse
import json
import os
import subprocess
import sys
import time
from pathlib import Path

from localcloud.cli import control, instance
from localcloud.cli.errors import CliError
from localcloud.settings import LocalSettings
from localcloud.toolchain.progress import Progress

WAIT = 90.0
"""Seconds until every database and service of an earlier run is back and the server answers."""


class DidNotStart(CliError):
    """The server ended, or kept silent, before it was healthy."""

    def __init__(self, why: str, log: Path, start: int) -> None:
        super().__init__(f"the local cloud {why}; the end of {log} says:\n{tail(log, start)}")


def arguments(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("--json", action="store_true", help="print the result as JSON")


def run(settings: LocalSettings, args: argparse.Namespace) -> int:
    started = ensure(settings)
    pid = instance.holder(settings).pid
    if args.json:
        print(
            json.dumps(
                {"started": started, "pid": pid, "control": settings.control_url, "home": str(settings.home)}
            )
        )
    else:
        did = "Started the local cloud" if started else "The local cloud runs already"
        print(f"{did}: process {pid}, control {settings.control_url}, log {log_file(settings)}")
    return 0


def ensure(settings: LocalSettings) -> bool:
    """Start the server where none runs; True when this call started it."""
    instance.make_home(settings)
    before = instance.holder(settings)
    if before.alive:
        wait_healthy(settings, None)
        return False
    said = instance.recover(settings, before)
    if said:
        print(said, file=sys.stderr)
    # A stale lock is emptied only by the next server, so a failure here is found again next time.
    instance.require_free_ports(settings)
    start = log_size(settings)
    child = spawn(settings)
    try:
        wait_healthy(settings, child, start)
    except KeyboardInterrupt:
        child.terminate()
        child.wait()
        raise
    return True


def log_file(settings: LocalSettings) -> Path:
    return settings.home / "server.log"


def spawn(settings: LocalSettings) -> subprocess.Popen[bytes]:
    """The server in a session of its own: neither Ctrl-C nor a closed terminal reaches it."""
    place = ["--home", str(settings.home.parent), "--port-base", str(settings.port_base)]
    with log_file(settings).open("ab") as log:
        return subprocess.Popen(
            [sys.executable, "-m", "localcloud", "serve", *place],
            cwd=settings.root,
            env={**os.environ, "PYTHONUNBUFFERED": "1"},
            stdin=subprocess.DEVNULL,
            stdout=log,
            stderr=subprocess.STDOUT,
            start_new_session=True,
        )


def log_size(settings: LocalSettings) -> int:
    return log_file(settings).stat().st_size if log_file(settings).exists() else 0


def wait_healthy(settings: LocalSettings, child: subprocess.Popen[bytes] | None, start: int = 0) -> None:
    """Return when the server answers; `start` is where its words begin in the log."""
    deadline = time.monotonic() + WAIT
    with Progress("starting the local cloud"):
        while not control.ours(settings):
            if child is not None and child.poll() is not None:
                raise DidNotStart(
                    f"ended with status {child.returncode} while starting", log_file(settings), start
                )
            if time.monotonic() > deadline:
                raise DidNotStart(f"did not answer within {WAIT:.0f} s", log_file(settings), start)
            time.sleep(0.05)


def tail(log: Path, start: int, lines: int = 12) -> str:
    with log.open("rb") as file:
        file.seek(start)
        text = file.read().decode(errors="replace")
    return "\n".join("    " + line for line in text.splitlines()[-lines:]) or "    (nothing)"
