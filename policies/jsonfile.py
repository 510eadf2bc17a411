"""JSON that somebody else may have written, as `evidence.jsonfile` reads it: what is wrong is bad input."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from evidence import jsonfile
from evidence.errors import EvidenceError
from policies.errors import PolicyError


def read(file: Path) -> Any:
    """The document; raises `PolicyError`, which names the file, on anything but plain, unambiguous JSON."""
    try:
        return jsonfile.read(file)
    except EvidenceError as error:
        raise PolicyError(str(error)) from error


def parse(raw: bytes, name: str) -> Any:
    """As `read`, of what was read already; an error calls it `name`."""
    try:
        return jsonfile.parse(raw, name)
    except EvidenceError as error:
        raise PolicyError(str(error)) from error
