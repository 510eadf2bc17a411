"""`resume`: undo a run whose runner was killed: rollback, then the steady state again."""

from __future__ import annotations

import argparse
from pathlib import Path

from runbooks import home
from runbooks.cli.common import Commands, command, dump, tell
from runbooks.cli.sealing import options, seal
from runbooks.drill import definition, journal
from runbooks.drill.activities import Activity
from runbooks.drill.definition import Drill
from runbooks.drill.lock import exclusive
from runbooks.drill.run import Run, resume
from runbooks.errors import PreconditionError, nearest
from runbooks.target import Engine, Request


def add(commands: Commands) -> None:
    found = command(commands, "resume", "run the rollback and the hypothesis of a run that was interrupted")
    found.add_argument("run", help="the run's id, or its folder")
    found.add_argument("--token-command", help="as of `drill`")
    options(found)


def run(given: argparse.Namespace, engine: Engine) -> int:
    folder = home.find(given.run).resolve()
    before = journal.read(folder)
    if _undone_by_itself(before):
        said = f"run {before['run']}: was rolled back when it was interrupted; nothing is left to do"
        dump(before) if given.json else print(said)
        return 0
    drill = definition.from_journal(before["drill"])
    _refuse_unknown(drill, engine)
    with exclusive(before["stack"]):
        _refuse_ended(journal.read(folder))
        target = engine.open(Request(before["stack"], before["run"], folder, given.token_command))
        after = _resumed(folder, engine, drill, target.tools, before)
    sealed = seal(given, engine, folder)
    new = after["activities"][len(before["activities"]) :]
    seen = [entry["status"] for entry in new if entry["phase"].startswith("hypothesis")]
    steady = len(seen) == len(drill.hypothesis) and set(seen) == {"done"}
    undone = "rolled back" if after["rolled_back"] else "NOT rolled back"
    said = f"{drill.name} on {before['stack']}: {undone}, {'steady' if steady else 'NOT steady'}"
    dump(after) if given.json else print(f"{said}, {after['verdict']}; journal in {folder / journal.NAME}")
    return 0 if after["rolled_back"] and steady and sealed else 1


def _undone_by_itself(run: journal.Document) -> bool:
    return bool(run["ended"] and run["rolled_back"] and run["interruptions"] and not run["resumed"])


def _resumed(
    folder: Path, engine: Engine, drill: Drill, tools: object, before: journal.Document
) -> journal.Document:
    reopened = journal.Journal.reopen(folder)
    resume(Run(before["run"], before["stack"], folder, reopened, tools), drill, engine.known, tell)
    return reopened.document


def _refuse_ended(document: journal.Document) -> None:
    """Only what was begun and not undone can be resumed."""
    if not document["ended"]:
        return
    name = f"run {document['run']}"
    if document["status"] == "refused":
        raise PreconditionError(f"{name}: was refused before anything was done; there is nothing to undo")
    if document["rolled_back"] and document["resumed"]:
        raise PreconditionError(f"{name}: was resumed and rolled back already, at {document['ended']}")
    if document["rolled_back"]:
        raise PreconditionError(
            f"{name}: ended at {document['ended']} ({document['verdict']}); nothing to resume"
        )


def _refuse_unknown(drill: Drill, engine: Engine) -> None:
    """A run of an earlier release may name what this one does not have."""
    for step in (*drill.rollback, *drill.hypothesis):
        activity: Activity | None = engine.known.get(step.do)
        if activity is None:
            hint = nearest(step.do, engine.known)
            raise PreconditionError(f"drill {drill.name}: {step.do!r} is unknown to this release; {hint}")
