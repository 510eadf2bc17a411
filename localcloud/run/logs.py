"""What containers write goes to Cloud Logging (https://cloud.google.com/run/docs/logging)."""

from __future__ import annotations

import json
import logging
import threading
from pathlib import Path
from typing import Any

from localcloud.api import ApiError, Call, Caller, Json
from localcloud.cloud import Cloud
from localcloud.registry import BEHAVIOURS

_WRITE = "logging.entries.write"
_LARGEST = 1 << 20
_SPECIAL: dict[str, tuple[str, type]] = {
    "severity": ("severity", str),
    "time": ("timestamp", str),
    "logging.googleapis.com/insertId": ("insertId", str),
    "logging.googleapis.com/labels": ("labels", dict),
}
"""Fields of a line that become fields of its entry: https://cloud.google.com/logging/docs/structured-logging"""
_log = logging.getLogger(__name__)


class LogTail:
    """Follows one file and hands on its complete lines as log entries.

    Which service wrote them is this server's to say, as it is Cloud Run's: no line can say another.
    """

    def __init__(
        self, cloud: Cloud, path: Path, resource: Json, project: str, stream: str = "stdout"
    ) -> None:
        self.cloud, self.path, self.resource, self.project = cloud, path, resource, project
        self._log = f"projects/{project}/logs/run.googleapis.com%2F{stream}"
        self._lock = threading.Lock()
        self._offset = path.stat().st_size if path.exists() else 0

    def forward(self) -> int:
        """Send what is new; the number of entries."""
        with self._lock:
            return self._forward()

    def _forward(self) -> int:
        if not self.path.exists():
            return 0
        with open(self.path, "rb") as file:
            file.seek(self._offset)
            data = file.read(_LARGEST)
        complete = data.rpartition(b"\n")[0] or (data if len(data) == _LARGEST else b"")
        if not complete:
            return 0
        self._offset += min(len(complete) + 1, len(data))
        entries = [
            self._entry(line) for line in complete.decode(errors="replace").splitlines() if line.strip()
        ]
        self._write(entries)
        return len(entries)

    def _entry(self, line: str) -> Json:
        entry: Json = {
            "logName": self._log,
            "resource": self.resource,
        }
        structured = _structured(line)
        if structured is None:
            return entry | {"textPayload": line}
        for special, (field, kind) in _SPECIAL.items():
            if isinstance(structured.get(special), kind):
                entry[field] = structured.pop(special)
        return entry | {"jsonPayload": structured}

    def _write(self, entries: list[Json]) -> None:
        behaviour = BEHAVIOURS.get(_WRITE)
        if behaviour is None or not entries:
            return
        call = Call(
            api="logging",
            version="v2",
            method=_WRITE,
            verb="POST",
            path="/v2/entries:write",
            name="entries",
            params={},
            query={},
            query_list=(),
            headers={},
            body={"entries": entries, "partialSuccess": True},
            raw=b"",
            caller=Caller("user:cloud-run@localcloud", self.project, operator=True),
            base_url=self.cloud.settings.url("logging"),
        )
        try:
            behaviour(self.cloud, call)
        except ApiError as error:
            _log.warning("log entries of %s are lost: %s", self.path.name, error.message)


def _structured(line: str) -> dict[str, Any] | None:
    if not line.startswith("{"):
        return None
    try:
        found = json.loads(line)
    except ValueError:
        return None
    return found if isinstance(found, dict) else None


def service_resource(name: str) -> Json:
    _, project, _, location, _, service = name.split("/")
    labels = {
        "project_id": project,
        "location": location,
        "service_name": service,
        "configuration_name": service,
    }
    return {"type": "cloud_run_revision", "labels": labels}


def job_resource(name: str) -> Json:
    _, project, _, location, _, job = name.split("/")
    return {"type": "cloud_run_job", "labels": {"project_id": project, "location": location, "job_name": job}}
