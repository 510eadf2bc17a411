"""The load: the numbered writer through the tenant's public route."""

from __future__ import annotations

import time
from typing import Any

import requests

from runbooks.actions.context import shared
from runbooks.drill.activities import action, probe
from runbooks.drill.run import Run
from runbooks.errors import ActivityError


@probe("public-route-answers", calls=("GET {fhirUrl}/metadata",))
def public_route_answers(run: Run) -> Any:
    """The tenant's conformance statement is served on its public route."""
    url = f"{shared(run).stack.outputs['fhirUrl']}/metadata"
    answer = requests.get(url, timeout=30)
    if answer.status_code != 200:
        raise ActivityError(f"GET {url}: {answer.status_code}")
    return {"status": 200, "milliseconds": round(answer.elapsed.total_seconds() * 1000)}


@action("write-before", calls=("POST {fhirUrl}/Basic, 10 times a second",))
def write_before(run: Run, seconds: float = 4.0) -> Any:
    """Start the writer; what it gets acknowledged from here to the target moment must come back."""
    writer = shared(run).writer
    writer.start()
    time.sleep(seconds)
    if not writer.acknowledged:
        raise ActivityError(
            f"no write was acknowledged in {seconds:g} s: {sorted(set(writer.errors.values()))}"
        )
    return {"acknowledged": len(writer.acknowledged)}


@action("write-after", calls=("POST {fhirUrl}/Basic, 10 times a second",))
def write_after(run: Run, seconds: float = 4.0) -> Any:
    """Go on writing past the target moment: these rows must not come back. Then stop."""
    writer = shared(run).writer
    time.sleep(seconds)
    writer.stop()
    return {"acknowledged": len(writer.acknowledged), "refused": len(writer.errors)}


@action("remove-writes", calls=("DELETE {fhirUrl}/Basic/{id}, each that was written",))
def remove_writes(run: Run) -> Any:
    """Delete the resources that the writer made."""
    writer = shared(run).writer
    writer.stop()
    return {"removed": writer.remove()}
