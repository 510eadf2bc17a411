"""A tenant's administration job: the runtime's own commands, run once in the tenant's project.

What it says is in Cloud Logging, a moment after it has ended.
"""

from __future__ import annotations

import time
from collections.abc import Callable, Mapping
from datetime import UTC, datetime
from typing import Any

from infra.cli.errors import CliError
from infra.cli.google import Google

PATIENCE = 30.0
"""Seconds in which what a job has written arrives in Cloud Logging; seldom more than a few."""


class JobFailed(CliError):
    """The job ended with an error; its last words."""


def run(
    google: Google,
    outputs: Mapping[str, Any],
    words: list[str],
    pause: Callable[[float], None] = time.sleep,
) -> list[str]:
    """The lines that it wrote; `outputs` are the tenant's stack's."""
    job = str(outputs["jobs"]["admin"]).rsplit("/", 1)[-1]
    name = f"projects/{outputs['project']}/locations/{outputs['locations'][0]}/jobs/{job}"
    begun = datetime.now(UTC).isoformat(timespec="microseconds").replace("+00:00", "Z")
    operation = google.call("POST", "run", f"{name}:run", {"overrides": _arguments(words)})
    google.wait("run", operation)
    done = google.call("GET", "run", operation["name"]).get("response") or {}
    lines = _lines(google, outputs["project"], job, begun, pause)
    if done.get("failedCount"):
        raise JobFailed(f"{job} failed: {lines[-1] if lines else 'it wrote nothing'}")
    return lines


def _arguments(words: list[str]) -> dict[str, Any]:
    """https://cloud.google.com/run/docs/execute/jobs#override-job-configuration"""
    return {"containerOverrides": [{"args": words}]}


def _lines(google: Google, project: str, job: str, since: str, pause: Callable[[float], None]) -> list[str]:
    body = {
        "resourceNames": [f"projects/{project}"],
        "filter": f'resource.type="cloud_run_job" AND resource.labels.job_name="{job}" AND '
        f'timestamp>="{since}" AND logName:"run.googleapis.com%2Fstd"',
        "orderBy": "timestamp asc",
    }
    deadline = time.monotonic() + PATIENCE
    while True:
        found = google.call("POST", "logging", "entries:list", body).get("entries", [])
        if found or time.monotonic() > deadline:
            return [each["textPayload"] for each in found if "textPayload" in each]
        pause(1)
