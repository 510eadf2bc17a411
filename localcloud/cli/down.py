"""`down`: stop the server and all it started; delete nothing."""

from __future__ import annotations

import argparse
import contextlib
import os
import signal

from localcloud.cli import instance, leavings
from localcloud.cli.errors import CliError
from localcloud.process import wait_gone
from localcloud.settings import LocalSettings
from localcloud.toolchain.progress import Progress

GRACE = 60.0
"""Seconds that databases get to write their last checkpoint."""


def arguments(parser: argparse.ArgumentParser) -> None:
    """No options of its own."""


def run(settings: LocalSettings, args: argparse.Namespace) -> int:
    holder = instance.holder(settings)
    if holder.alive and holder.pid is not None:
        _stop(holder.pid)
    left = leavings.end(settings.home)
    if holder.alive:
        print(f"Stopped the local cloud (process {holder.pid}). Its data stays in {settings.home}.")
    elif left:
        print(f"No local cloud ran; ended {left} processes that a killed one had left.")
    else:
        print("No local cloud runs.")
    return 0


def _stop(pid: int) -> None:
    try:
        os.kill(pid, signal.SIGTERM)
    except PermissionError:
        raise CliError(f"process {pid} belongs to another user; stop it as that user") from None
    except ProcessLookupError:
        return
    with Progress("stopping the local cloud"):
        if not wait_gone(pid, GRACE):
            with contextlib.suppress(ProcessLookupError):
                os.kill(pid, signal.SIGKILL)
            wait_gone(pid, 5)
