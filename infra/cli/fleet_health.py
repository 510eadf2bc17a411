"""Whether a tenant's endpoint answers."""

from __future__ import annotations

import time
from collections.abc import Callable
from typing import Any

import requests

PATH = "/ready"
"""Asks the tenant's database, signing key and store. Not /readyz: Google keeps some paths that end in z to
itself (https://cloud.google.com/run/docs/known-issues)."""

SECONDS = 60.0
"""How long a service that was scaled to zero may take."""

Check = Callable[[dict[str, Any]], str]
"""From a tenant's outputs to what is wrong with its endpoint; empty when it answers."""


def check(outputs: dict[str, Any], seconds: float = SECONDS, pause: float = 0.5) -> str:
    """Ask until the endpoint is ready."""
    base = outputs.get("baseUrl")
    if not base:
        return "the stack has no output baseUrl"
    deadline, said = time.monotonic() + seconds, "no answer"
    while True:
        said = _ask(base + PATH, max(1.0, deadline - time.monotonic()))
        if not said or time.monotonic() + pause > deadline:
            return said and f"{base}{PATH}: {said}"
        time.sleep(pause)


def _ask(url: str, timeout: float) -> str:
    try:
        answer = requests.get(url, timeout=timeout)
    except requests.RequestException as error:
        return type(error).__name__
    return "" if answer.status_code == 200 else f"answers {answer.status_code}"
