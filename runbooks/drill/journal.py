"""The journal: JSON lines, each written and flushed to disk before the next thing happens.

It can be followed alone: the first line holds the drill itself; then each activity has a line at its
start and one at its end, and the last line says how the run ended. A run that is killed leaves every
finished activity. `read` folds the lines into one document (`journal.schema.json`); its verdict is
worked out from the lines and nothing else.
"""

from __future__ import annotations

import json
import os
import time
from collections.abc import Mapping
from dataclasses import asdict
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from runbooks.drill.definition import Drill
from runbooks.drill.verdict import judge
from runbooks.errors import JournalError

Document = dict[str, Any]
NAME = "journal.jsonl"
DOCUMENT = "journal.json"
"""The same, folded, written when the run is closed: for machines that judge it."""


def now() -> str:
    return datetime.now(UTC).isoformat(timespec="milliseconds")


class Journal:
    """What happened, on disk before the next thing happens. `completed` is not `passed`."""

    def __init__(self, folder: Path, document: dict[str, Any], file: int) -> None:
        self.folder = folder
        self.document = document
        self._file = file
        self._begun: dict[int, float] = {0: time.monotonic()}

    @classmethod
    def create(cls, folder: Path, run: str, drill: Drill, stack: str, **about: Any) -> Journal:
        """Begin a run's journal in a folder that holds nothing."""
        folder.mkdir(parents=True, exist_ok=True)
        if any(folder.iterdir()):
            raise JournalError(f"--out: {folder} is not empty; each run has a folder of its own")
        file = os.open(folder / NAME, os.O_WRONLY | os.O_CREAT | os.O_EXCL | os.O_APPEND, 0o600)
        journal = cls(folder, {}, file)
        journal._write({"event": "run", "run": run, "drill": asdict(drill), "stack": stack, **about})
        _flush_folder(folder)
        return journal

    @classmethod
    def reopen(cls, folder: Path) -> Journal:
        """Go on with the journal of a run that was cut off; half a last line is taken away."""
        document, whole = _read(folder)
        file = os.open(folder / NAME, os.O_WRONLY | os.O_APPEND)
        os.ftruncate(file, whole)
        journal = cls(folder, document, file)
        journal._write({"event": "resumed"})
        return journal

    @property
    def path(self) -> Path:
        return self.folder / NAME

    def _write(self, event: dict[str, Any]) -> None:
        line = json.dumps({**event, "at": now()}, default=str)
        raw = line.encode() + b"\n"
        if os.write(self._file, raw) != len(raw):
            raise JournalError(f"{self.path}: the disk took only a part of a line")
        os.fsync(self._file)
        _fold(self.document, json.loads(line))

    def begin(self, phase: str, do: str, kind: str, title: str, arguments: Mapping[str, Any]) -> int:
        """An activity starts; the number to end it by."""
        number = len(self.document["activities"]) + 1
        self._write(
            {
                "event": "start", "number": number, "phase": phase, "do": do, "kind": kind,
                "title": title, "with": dict(arguments),
            }
        )  # fmt: skip
        self._begun[number] = time.monotonic()
        return number

    def end(self, number: int, status: str, result: Any) -> None:
        """`done`, `failed`, `not_proven` or `interrupted`, with what was seen; the time is monotonic."""
        seconds = round(time.monotonic() - self._begun[number], 3)
        self._write(
            {"event": "end", "number": number, "status": status, "seconds": seconds, "result": result}
        )

    def measured(self, **values: float | int | None) -> None:
        """What was measured: the verdict is taken from it."""
        self._write({"event": "measured", "values": values})

    def remember(self, **values: Any) -> None:
        """What a rollback needs to know, on disk before it is needed: it survives the runner."""
        self._write({"event": "remembered", "values": values})

    def interrupted(self, why: str) -> None:
        self._write({"event": "interrupted", "why": why})

    def aborted(self, why: str) -> None:
        """A bound of `--abort-when` was crossed."""
        self._write({"event": "aborted", "why": why})

    def close(self, status: str) -> str:
        """End the run; its verdict, worked out from what the journal says."""
        if self.document["status"] == "aborted":
            status = "aborted"
        verdict = judge({**self.document, "status": status})
        seconds = round(time.monotonic() - self._begun[0], 3)
        told = {"deviated": self.document["deviated"], "rolled_back": rolled_back(self.document)}
        self._write({"event": "closed", "status": status, "verdict": verdict, "seconds": seconds, **told})
        write_document(self.folder, self.document)
        os.close(self._file)
        return verdict


def write_document(folder: Path, document: Mapping[str, Any]) -> None:
    """Write `journal.json` in one step, so that a reader never sees half of it."""
    draft = folder / f"{DOCUMENT}.part"
    with draft.open("w") as file:
        json.dump(document, file, indent=2)
        file.write("\n")
        file.flush()
        os.fsync(file.fileno())
    draft.replace(folder / DOCUMENT)
    _flush_folder(folder)


def _flush_folder(folder: Path) -> None:
    handle = os.open(folder, os.O_RDONLY)
    try:
        os.fsync(handle)
    finally:
        os.close(handle)


def read(folder: Path) -> dict[str, Any]:
    """The run that a folder's journal tells of; half a last line is left out."""
    return _read(folder)[0]


def _read(folder: Path) -> tuple[dict[str, Any], int]:
    """The folded journal, and how many of its bytes are whole lines."""
    path = folder / NAME
    try:
        raw = path.read_bytes()
    except OSError as error:
        raise JournalError(f"{path}: there is no journal") from error
    whole = raw.rfind(b"\n") + 1
    document: dict[str, Any] = {}
    for number, line in enumerate(raw[:whole].splitlines(), 1):
        try:
            _fold(document, json.loads(line))
        except (ValueError, KeyError, TypeError, IndexError, AttributeError) as error:
            raise JournalError(f"{path}: line {number} is no line of a journal") from error
    if not document:
        raise JournalError(f"{path}: is cut off before its first line ends; nothing had been done")
    return document, whole


def _fold(document: dict[str, Any], event: Mapping[str, Any]) -> None:
    """Put one line into the document; `KeyError` where it does not follow from the lines before."""
    kind, at = event["event"], event["at"]
    if kind == "run":
        if document:
            raise KeyError("a second run")
        drill = event["drill"]
        document.update(
            {key: value for key, value in event.items() if key not in ("event", "at")},
            objectives={key: drill[key] for key in ("rpo_seconds", "rto_seconds")},
            started=at, ended=None, seconds=None, status="running", verdict="not_proven", deviated=False,
            rolled_back=False, measured={}, remembered={}, activities=[], interruptions=[], resumed=[],
        )  # fmt: skip
    elif kind == "start":
        if event["number"] != len(document["activities"]) + 1:
            raise KeyError("an activity is missing")
        about = {key: event[key] for key in ("phase", "do", "kind", "title", "with")}
        document["activities"].append(
            {**about, "started": at, "ended": None, "seconds": None, "status": "running", "result": None}
        )
    elif kind == "end":
        entry = document["activities"][event["number"] - 1]
        entry.update(ended=at, **{key: event[key] for key in ("status", "seconds", "result")})
        if entry["phase"].startswith("hypothesis after") and entry["status"] == "failed":
            document["deviated"] = True
    elif kind in ("measured", "remembered"):
        document[kind].update(event["values"])
    elif kind == "interrupted":
        document["interruptions"].append({"at": at, "why": event["why"]})
    elif kind == "aborted":
        document["interruptions"].append({"at": at, "why": event["why"]})
        document["status"] = "aborted"
    elif kind == "resumed":
        _cut_off(document, at)
    elif kind == "closed":
        told = ("status", "verdict", "seconds", "deviated", "rolled_back")
        document.update(ended=at, **{key: event[key] for key in told})
    else:
        raise KeyError(kind)


def _cut_off(document: dict[str, Any], at: str) -> None:
    """What was under way when the runner died has no end of its own."""
    for entry in document["activities"]:
        if entry["status"] == "running":
            entry["status"] = "interrupted"
    document["resumed"].append(at)
    if document["status"] == "running":
        document["status"] = "interrupted"


def rolled_back(document: Mapping[str, Any]) -> bool:
    """Whether each step of the rollback was done, the last time that it was tried."""
    wanted = [(step["do"], "done") for step in document["drill"]["rollback"]]
    tried = [
        (entry["do"], entry["status"]) for entry in document["activities"] if entry["phase"] == "rollback"
    ]
    return tried[-len(wanted) :] == wanted
