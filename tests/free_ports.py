"""Ports for a local cloud of a test's own: each worker draws from spans that no other worker uses."""

from __future__ import annotations

import os
import random
import socket

from localcloud.ports import SPAN

_FIRST, _LAST = 18000, 32000
"""Above the default place, below what systems hand to outgoing connections."""


def free_base() -> int:
    """The first port of a span in which nothing listens now."""
    worker = int("0" + "".join(filter(str.isdigit, os.environ.get("PYTEST_XDIST_WORKER", ""))))
    workers = int(os.environ.get("PYTEST_XDIST_WORKER_COUNT", "1"))
    spans = range(_FIRST + worker * SPAN, _LAST - SPAN, workers * SPAN)
    for base in random.SystemRandom().sample(spans, len(spans)):
        if all(_free(base + offset) for offset in (*range(62), 100, 101)):
            return base
    raise RuntimeError(f"no free span of {SPAN} ports from {_FIRST} to {_LAST}")


def _free(port: int) -> bool:
    with socket.socket() as probe:
        try:
            probe.bind(("127.0.0.1", port))
        except OSError:
            return False
    return True
