"""The process's own log: one JSON object a line, as Cloud Logging reads it. No body, query or token.

On standard error: standard output is the audit trail's (`runtime/clients/logging.py`).
"""

from __future__ import annotations

import json
import logging
import sys

_SEVERITY = {"WARNING": "WARNING", "ERROR": "ERROR", "CRITICAL": "CRITICAL", "DEBUG": "DEBUG"}


class JsonFormatter(logging.Formatter):
    def format(self, record: logging.LogRecord) -> str:
        entry = {
            "severity": _SEVERITY.get(record.levelname, "INFO"),
            "logger": record.name,
            "message": record.getMessage(),
        }
        if place := getattr(record, "place", None):
            entry["place"] = place
        return json.dumps(entry)


def set_up(level: str) -> None:
    """Libraries speak from warnings on: at lower levels they log addresses, which hold search values."""
    handler = logging.StreamHandler(sys.stderr)
    handler.setFormatter(JsonFormatter())
    logging.basicConfig(handlers=[handler], level=logging.WARNING, force=True)
    logging.getLogger("careplane").setLevel(level.upper())
