"""How far an off-boarding has come, in a file that is whole after every step."""

from __future__ import annotations

import json
from dataclasses import asdict, dataclass, field
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from infra.cli.offboard_keys import Shredded
from infra.cli.whole_file import write


@dataclass
class StackState:
    """One of the tenant's stacks: what it held, and when which step was done (empty: not yet)."""

    name: str
    cell: str
    outputs: dict[str, Any] = field(default_factory=dict)
    freezing: str = ""
    frozen: str = ""
    lifted: str = ""
    shredding: str = ""
    shredded: str = ""
    destroyed: str = ""
    keys: list[Shredded] = field(default_factory=list)
    resources: list[dict[str, str]] = field(default_factory=list)
    survivors: list[dict[str, str]] = field(default_factory=list)


@dataclass
class OffboardState:
    """`export` says what was exported and verified, or why nothing was (`none`); `recipient` is whose."""

    path: Path
    place: str
    tenant: str
    out: str
    stacks: list[StackState]
    export: dict[str, Any] = field(default_factory=dict)
    recipient: str = ""
    certified: str = ""
    removed: str = ""
    rehearsed: bool = False
    """On a local cloud, of a place in the cloud."""

    def save(self) -> None:
        document = {key: value for key, value in asdict(self).items() if key != "path"}
        write(self.path, json.dumps(document, indent=2) + "\n")


def label(place: str, rehearsed: bool) -> str:
    """What a run is remembered under: a rehearsal is not gone on with in the cloud."""
    return f"{place}-rehearsed" if rehearsed else place


def path(home: Path, label: str, tenant: str) -> Path:
    return home / f"offboard-{label}-{tenant}.json"


def load(file: Path) -> OffboardState | None:
    """What an earlier run left; None where there was none."""
    if not file.exists():
        return None
    found: dict[str, Any] = json.loads(file.read_text())
    stacks = [
        StackState(**{**each, "keys": [Shredded(**key) for key in each["keys"]]}) for each in found["stacks"]
    ]
    return OffboardState(**{**found, "path": file, "stacks": stacks})


def now() -> str:
    return datetime.now(UTC).isoformat(timespec="milliseconds")
