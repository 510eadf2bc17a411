"""What a stack left behind when it was destroyed: its state no longer tells, and its names are taken."""

from __future__ import annotations

import json
from collections.abc import Iterable
from dataclasses import asdict, dataclass
from pathlib import Path

from infra.cli.survivors import Survivor
from infra.cli.whole_file import write


@dataclass(frozen=True)
class Destroyed:
    """`at` is when (UTC), empty while it is under way or was interrupted."""

    at: str
    survivors: list[Survivor]


def begin(home: Path, stack: str, survivors: Iterable[Survivor]) -> None:
    """Before anything goes: an interrupted run's survivors are no longer in the state."""
    found = load(home, stack)
    earlier = found.survivors if found and not found.at else []
    every = {(each.type, each.id): each for each in (*earlier, *survivors)}
    _save(home, stack, Destroyed("", [every[key] for key in sorted(every)]))


def end(home: Path, stack: str, at: str) -> None:
    found = load(home, stack)
    _save(home, stack, Destroyed(at, found.survivors if found else []))


def load(home: Path, stack: str) -> Destroyed | None:
    file = _path(home, stack)
    if not file.exists():
        return None
    document = json.loads(file.read_text())
    return Destroyed(document["at"], [Survivor(**each) for each in document["survivors"]])


def _save(home: Path, stack: str, found: Destroyed) -> None:
    write(_path(home, stack), json.dumps(asdict(found), indent=2) + "\n")


def _path(home: Path, stack: str) -> Path:
    return home / f"{stack}.destroyed.json"
