"""The load: the numbered writer through the tenant's public route."""

from __future__ import annotations

import time
from typing import Any

import requests

from runbooks.actions.context import shared
from runbooks.drill.activities import activity
from runbooks.drill.run import Run
from runbooks.errors import ActivityError

_SECONDS = 4


@activity("public-route-answers")
def public_route_answers(run: Run) -> Any:
    """Steady state: the tenant's conformance statement is served on its public route."""
    url = f"{shared(run).stack.outputs['fhirUrl']}/metadata"
    answer = requests.get(url, timeout=30)
    if answer.status_code != 200:
        raise ActivityError(f"GET {url}: {answer.status_code}")
    return {"status": 200, "milliseconds": round(answer.elapsed.total_seconds() * 1000)}


@activity("write-before")
def write_before(run: Run) -> Any:
    """Start the writer; what it gets acknowledged from here to the target moment must come back."""
    writer = shared(run).writer
    writer.start()
    time.sleep(_SECONDS)
    if not writer.acknowledged:
        raise ActivityError(
            f"no write was acknowledged in {_SECONDS} s: {sorted(set(writer.errors.values()))}"
        )
    return {"acknowledged": len(writer.acknowledged)}


@activity("write-after")
def write_after(run: Run) -> Any:
    """Go on writing past the target moment: these rows must not come back. Then stop."""
    writer = shared(run).writer
    time.sleep(_SECONDS)
    writer.stop()
    return {"acknowledged": len(writer.acknowledged), "refused": len(writer.errors)}


@activity("remove-writes")
def remove_writes(run: Run) -> Any:
    """Delete the resources that the writer made."""
    writer = shared(run).writer
    writer.stop()
    return {"removed": writer.remove()}
