"""The journal: one JSON document, rewritten whole and flushed to disk after every step.

It can be followed alone: the drill's text, each activity with start, end, status and what was
measured. A run that is killed leaves every finished activity in it.
"""

from __future__ import annotations

import json
import os
from dataclasses import asdict
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from runbooks.drill.definition import Drill

NAME = "journal.json"


def now() -> str:
    return datetime.now(UTC).isoformat(timespec="milliseconds")


class Journal:
    """What happened, on disk before the next thing happens. `completed` is not `passed`."""

    def __init__(self, folder: Path, drill: Drill, stack: str) -> None:
        folder.mkdir(parents=True, exist_ok=True)
        self.path = folder / NAME
        self.document: dict[str, Any] = {
            "drill": asdict(drill),
            "stack": stack,
            "started": now(),
            "ended": None,
            "status": "running",
            "verdict": "not_proven",
            "measured": {},
            "activities": [],
        }
        self.save()

    def save(self) -> None:
        """Replace the file in one step, so that a reader never sees half of it."""
        draft = self.path.with_suffix(".part")
        with draft.open("w") as file:
            json.dump(self.document, file, indent=2)
            file.flush()
            os.fsync(file.fileno())
        draft.replace(self.path)

    def begin(self, phase: str, do: str, title: str) -> dict[str, Any]:
        entry = {
            "phase": phase,
            "do": do,
            "title": title,
            "started": now(),
            "ended": None,
            "status": "running",
        }
        self.document["activities"].append(entry)
        self.save()
        return entry

    def end(self, entry: dict[str, Any], status: str, result: Any) -> None:
        entry.update(ended=now(), status=status, result=result)
        self.save()

    def measured(self, **values: Any) -> None:
        self.document["measured"].update(values)
        self.save()

    def close(self, status: str, verdict: str) -> None:
        self.document.update(ended=now(), status=status, verdict=verdict)
        self.save()
