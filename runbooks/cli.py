"""`python -m runbooks`: run a drill, list and show the drills. Exit 0 passed, 1 not passed, 2 refused."""

from __future__ import annotations

import argparse
import json
import secrets
import signal
import sys
from dataclasses import asdict
from pathlib import Path
from types import FrameType

import runbooks.actions  # noqa: F401  (registers the activities)
from evidence.manifest import build
from runbooks import stack
from runbooks.actions.context import Shared
from runbooks.drill import definition
from runbooks.drill.activities import ACTIVITIES
from runbooks.drill.journal import Journal
from runbooks.drill.lock import exclusive
from runbooks.drill.run import Run, execute, refuse_production
from runbooks.errors import RunbookError
from runbooks.google import Google
from runbooks.writer import Writer


def parser() -> argparse.ArgumentParser:
    top = argparse.ArgumentParser(prog="python -m runbooks", description=__doc__)
    commands = top.add_subparsers(dest="command", required=True)
    drill = commands.add_parser("drill", help="run a drill against a stack that is up")
    drill.add_argument("name", help="one of: " + ", ".join(definition.names()))
    drill.add_argument("--stack", required=True, help="a tenant stack, such as local-tenant-riverside")
    drill.add_argument("--out", type=Path, required=True, help="folder for journal.json and manifest.json")
    drill.add_argument("--token-command", help="prints an access token of a client with system/Basic.cruds")
    drill.add_argument("--approve", action="append", default=[], metavar="NAME", help="twice for production")
    drill.add_argument("--dry-run", action="store_true", help="print the steps and do nothing")
    drill.add_argument("--json", action="store_true", help="print the journal as JSON at the end")
    for name, text in (("list", "all drills"), ("show", "one drill, step by step")):
        command = commands.add_parser(name, help=text)
        command.add_argument("--json", action="store_true")
        if name == "show":
            command.add_argument("name")
    return top


def _tell(text: str) -> None:
    print(text, file=sys.stderr, flush=True)


def _prepare(given: argparse.Namespace, drill: definition.Drill) -> Run:
    target = stack.read(given.stack)
    command = given.token_command
    if command is None:
        if not target.local:
            raise RunbookError(
                "--token-command: is needed for a stack in the cloud; it prints an access token"
            )
        command = f"{sys.executable} -m localcloud token --tenant {target.tenant}"
    run_id = secrets.token_hex(3)
    run = Run(given.stack, given.out, Journal(given.out, drill, given.stack))
    run.memory["shared"] = Shared(target, Google(target), Writer(target, run_id, command), run_id)
    return run


def _interrupt(number: int, frame: FrameType | None) -> None:
    # SIGTERM ends like Ctrl-C, so that the rollback runs and the journal is closed.
    raise KeyboardInterrupt


def _drill(given: argparse.Namespace) -> int:
    drill = definition.load(given.name, ACTIVITIES)
    if given.dry_run:
        return _show(given)
    refuse_production(given.stack, given.approve)
    signal.signal(signal.SIGTERM, _interrupt)
    with exclusive(given.stack):
        run = _prepare(given, drill)
        verdict = execute(run, drill, ACTIVITIES, _tell)
    measured = run.journal.document["measured"]
    build(given.out, {"drill": drill.name, "stack": given.stack, "verdict": verdict, "measured": measured})
    if given.json:
        print(json.dumps(run.journal.document, indent=2))
    else:
        facts = ", ".join(f"{key} {value}" for key, value in measured.items())
        print(f"{drill.name} on {given.stack}: {verdict} ({facts}); journal in {run.journal.path}")
    return 0 if verdict == "passed" else 1


def _list(given: argparse.Namespace) -> int:
    drills = [definition.load(name, ACTIVITIES) for name in definition.names()]
    if given.json:
        print(json.dumps([asdict(drill) for drill in drills], indent=2))
    else:
        print("\n".join(f"{drill.name:<20} {drill.title}" for drill in drills))
    return 0


def _show(given: argparse.Namespace) -> int:
    drill = definition.load(given.name, ACTIVITIES)
    if given.json:
        print(json.dumps(asdict(drill), indent=2))
        return 0
    print(f"{drill.name}: {drill.title}\nobjectives: RPO {drill.rpo_seconds} s, RTO {drill.rto_seconds} s")
    for phase in ("preconditions", "hypothesis", "method", "checks", "rollback", "hypothesis"):
        for step in getattr(drill, phase):
            print(f"  {phase:<14} {step.title} [{step.do}]")
    return 0


def main(arguments: list[str] | None = None) -> int:
    given = parser().parse_args(arguments)
    try:
        return {"drill": _drill, "list": _list, "show": _show}[given.command](given)
    except (RunbookError, OSError) as error:
        print(f"runbooks: {error}", file=sys.stderr)
        return 2
    except KeyboardInterrupt:
        print("runbooks: interrupted; the journal says what was done and undone", file=sys.stderr)
        return 1
