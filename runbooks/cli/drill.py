"""`drill`: run one against a stack that is up, and seal its evidence."""

from __future__ import annotations

import argparse
import secrets
from pathlib import Path
from typing import Any

from runbooks import home
from runbooks.cli.common import Commands, command, dump, tell
from runbooks.cli.sealing import options, seal
from runbooks.cli.show import plan, print_plan
from runbooks.drill import bounds, definition
from runbooks.drill.approval import approvals
from runbooks.drill.definition import Drill
from runbooks.drill.journal import DOCUMENT, Journal
from runbooks.drill.lock import exclusive
from runbooks.drill.run import Run, execute
from runbooks.errors import JournalError, PreconditionError, nearest
from runbooks.target import Engine, Request, Target


def add(commands: Commands) -> None:
    drill = command(commands, "drill", "run a drill against a stack that is up")
    drill.add_argument("name", help="a drill of `list`")
    drill.add_argument("--stack", required=True, help="a tenant stack, such as local-tenant-riverside")
    drill.add_argument(
        "--out", type=Path, help="an empty folder for the pack; default: .careplane/drills/<run>"
    )
    drill.add_argument(
        "--set", action="append", default=[], metavar="NAME=VALUE", help="a parameter of the drill"
    )
    drill.add_argument("--role", action="append", default=[], metavar="ROLE=NAME", help="who plays a role")
    drill.add_argument("--token-command", help="prints an access token of a client with system/Basic.cruds")
    drill.add_argument("--approve", action="append", default=[], metavar="NAME", help="twice for production")
    drill.add_argument(
        "--abort-when", action="append", default=[], metavar="METRIC>VALUE",
        help="stop the method and roll back: elapsed_seconds, errors, p99_ms, silence_seconds",
    )  # fmt: skip
    drill.add_argument(
        "--dry-run", action="store_true", help="print the steps and what each calls; do nothing"
    )
    options(drill)


def pairs(option: str, given: list[str]) -> dict[str, str]:
    """`NAME=VALUE`, each name once."""
    found: dict[str, str] = {}
    for text in given:
        name, equals, value = text.partition("=")
        if not (name and equals and value.strip()):
            raise PreconditionError(f"{option}: {text!r} is not NAME=VALUE")
        if name in found:
            raise PreconditionError(f"{option}: {name} is given twice")
        found[name] = value.strip()
    return found


def _roles(drill: Drill, given: list[str]) -> dict[str, str | None]:
    named = pairs("--role", given)
    for role in named:
        if role not in drill.roles:
            raise PreconditionError(
                f"--role: {drill.name} has no role {role!r}; {nearest(role, drill.roles)}"
            )
    return {role: named.get(role) for role in drill.roles}


def run(given: argparse.Namespace, engine: Engine) -> int:
    drill = definition.load(given.name, engine.known, engine.drills)
    drill, parameters = definition.with_parameters(drill, pairs("--set", given.set), engine.known)
    roles = _roles(drill, given.role)
    if given.dry_run:
        dump(list(plan(drill, engine))) if given.json else print_plan(drill, engine)
        return 0
    run_id = secrets.token_hex(3)
    folder = (given.out or home.drills() / run_id).resolve()
    if folder.exists() and any(folder.iterdir()):
        raise JournalError(f"--out: {folder} is not empty; each run has a folder of its own")
    with exclusive(given.stack):
        target = engine.open(Request(given.stack, run_id, folder, given.token_command))
        about = {"parameters": parameters, "roles": roles}
        begun = _begin(given, drill, target, run_id, folder, about)
        verdict = execute(begun, drill, engine.known, tell, _bounds(given, begun))
    return _ended(given, engine, begun, verdict)


def _bounds(given: argparse.Namespace, run: Run) -> list[bounds.Bound]:
    return [bounds.parse(text, run.metrics) for text in given.abort_when]


def _begin(
    given: argparse.Namespace, drill: Drill, target: Target, run_id: str, folder: Path, about: dict[str, Any]
) -> Run:
    """Refuse what must not be drilled; then remember the run and begin its journal."""
    if drill.placements and target.placement not in drill.placements:
        allowed = ", ".join(drill.placements)
        raise PreconditionError(
            f"--stack: {target.stack} is {target.placement or 'of no placement'}; "
            f"{drill.name} is for: {allowed}"
        )
    approved = approvals(given.approve, target.stack, target.production)
    metrics = {"elapsed_seconds": bounds.clock(), **target.metrics}
    for text in given.abort_when:
        bounds.parse(text, metrics)
    about.update(approved_by=approved, production=target.production, abort_when=given.abort_when)
    journal = Journal.create(folder, run_id, drill, target.stack, **about, facts=dict(target.facts))
    home.keep(home.Known(run_id, str(folder), drill.name, target.stack, target.canaries))
    return Run(run_id, target.stack, folder, journal, target.tools, metrics)


def _ended(given: argparse.Namespace, engine: Engine, run: Run, verdict: str) -> int:
    sealed = seal(given, engine, run.folder)
    document = run.journal.document
    if given.json:
        dump(document)
    else:
        facts = ", ".join(f"{key} {value}" for key, value in document["measured"].items())
        said = f"{document['drill']['name']} on {run.stack}: {verdict} ({facts or document['status']})"
        print(f"{said}; journal in {run.folder / DOCUMENT}")
    return 0 if verdict == "passed" and sealed else 1
