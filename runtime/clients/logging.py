"""The audit trail's second copy: lines on standard output, which Cloud Run takes to Cloud Logging.

The runtime may write no log entry itself. So whose line it is, is what Cloud Run says (`resource.labels`, by
the service that wrote it), and no tenant can write one in the name of another, whatever it puts into a line.
https://cloud.google.com/run/docs/logging
"""

from __future__ import annotations

import json
import sys
import threading
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any, BinaryIO, Protocol

from runtime.errors import Unavailable

LONGEST = 200_000
"""Bytes; Cloud Logging takes entries of 256 KiB."""


@dataclass(frozen=True)
class Line:
    """One structured entry; Cloud Logging drops a repetition of `insert_id` at the same `time`."""

    insert_id: str
    payload: dict[str, Any]
    severity: str = "NOTICE"


class LogSink(Protocol):
    def write(self, lines: Sequence[Line]) -> None: ...


class StandardOutput:
    """Nothing else writes there: the process's own log goes to standard error (`runtime/logs.py`)."""

    def __init__(self, labels: dict[str, str], stream: BinaryIO | None = None) -> None:
        self._labels, self._stream = labels, stream or sys.stdout.buffer
        self._lock = threading.Lock()

    def write(self, lines: Sequence[Line]) -> None:
        text = b"".join(_encoded(line, self._labels) + b"\n" for line in lines)
        try:
            with self._lock:
                self._stream.write(text)
                self._stream.flush()
        except (OSError, ValueError) as error:
            raise Unavailable("Standard output does not take the entries.") from error


def _encoded(line: Line, labels: dict[str, str]) -> bytes:
    told = {
        "severity": line.severity,
        "logging.googleapis.com/insertId": line.insert_id,
        "logging.googleapis.com/labels": labels,
        **line.payload,
    }
    text = json.dumps(told, separators=(",", ":")).encode()
    if len(text) <= LONGEST:
        return text
    # The store has the record whole; here it says how many references it does not name.
    cut = {"references": (), "more_references": len(told.get("references", ())) + told["more_references"]}
    return json.dumps({**told, **cut}, separators=(",", ":")).encode()
