"""`schedule`: which drills are due on which stacks; exit 1 where one is overdue."""

from __future__ import annotations

import argparse
import json
from collections.abc import Iterator
from datetime import UTC, date, datetime, timedelta
from pathlib import Path
from typing import Any

import yaml

from evidence.errors import EvidenceError
from runbooks import home
from runbooks.cli.common import Commands, command, dump, table, tell
from runbooks.drill import definition
from runbooks.drill.definition import EVERY_DAYS, Drill
from runbooks.errors import PreconditionError, RunbookError
from runbooks.pack import document
from runbooks.pack.verify import verify
from runbooks.target import Engine

STACKS = Path(__file__).resolve().parents[2] / "stacks"
_SOON = timedelta(days=14)


def add(commands: Commands) -> None:
    schedule = command(
        commands, "schedule", "which drills are due on which stacks; exit 1 where one is overdue"
    )
    schedule.add_argument(
        "--stack", action="append", default=[], help="a tenant stack; default: those of --place"
    )
    schedule.add_argument("--place", default="local", help="whose tenants (default local)")
    schedule.add_argument(
        "--packs", type=Path, action="append", default=[], metavar="DIR",
        help="where packs lie; the runs of this checkout are known",
    )  # fmt: skip
    schedule.add_argument(
        "--days", type=int, metavar="DAYS", help=f"instead of each drill's own ({EVERY_DAYS})"
    )
    schedule.add_argument("--key", type=Path, metavar="PEM", help="count only packs that this key signed")


def run(given: argparse.Namespace, engine: Engine, today: date | None = None) -> int:
    if given.days is not None and given.days < 1:
        raise PreconditionError(f"--days: {given.days} is no number of days")
    today = today or datetime.now(UTC).date()
    pem = given.key.read_text() if given.key else None
    packs = list(_packs(given.packs, pem))
    stacks = {name: _placement(name) for name in given.stack or _stacks(given.place)}
    if not stacks:
        raise PreconditionError(f"--place: {given.place} has no tenant stack in stacks/")
    rows = [
        _row(drill, stack, packs, given.days or drill.every_days, today)
        for drill in (
            definition.load(n, engine.known, engine.drills) for n in definition.names(engine.drills)
        )
        for stack, placement in stacks.items()
        if not drill.placements or placement is None or placement in drill.placements
    ]
    if given.json:
        dump(rows)
    else:
        head = ("DRILL", "STACK", "LAST PASSED", "DUE", "STATE")
        print(
            table(
                [
                    head,
                    *(
                        (r["drill"], r["stack"], r["last_passed"] or "never", r["due"], r["state"])
                        for r in rows
                    ),
                ]
            )
        )
    return 1 if any(row["state"] == "overdue" for row in rows) else 0


def _stacks(place: str) -> list[str]:
    files = sorted(STACKS.glob(f"Pulumi.{place}-tenant-*.yaml"))
    return [file.name.removeprefix("Pulumi.").removesuffix(".yaml") for file in files]


def _placement(stack: str) -> str | None:
    """From the stack's file; None where there is none (the stack is somebody else's)."""
    file = STACKS / f"Pulumi.{stack}.yaml"
    if not file.exists():
        return None
    config = (yaml.safe_load(file.read_text()) or {}).get("config", {})
    placement = config.get("careplane:placement")
    return str(placement) if placement else None


def _packs(folders: list[Path], pem: str | None) -> Iterator[dict[str, Any]]:
    """Every pack that holds; one that does not counts for nothing, and is told."""
    found = {Path(known.folder).resolve() for known in home.runs()}
    for folder in folders:
        if not folder.is_dir():
            raise PreconditionError(f"--packs: {folder} is no folder")
        found |= {file.parent.resolve() for file in folder.rglob(document.NAME)}
    for folder in sorted(found):
        if (folder / document.NAME).exists():
            try:
                yield verify(folder, pem)
            except (RunbookError, EvidenceError, json.JSONDecodeError) as error:
                tell(f"{folder}: is not counted: {error}")


def _row(drill: Drill, stack: str, packs: list[dict[str, Any]], days: int, today: date) -> dict[str, Any]:
    """A drill that never passed is overdue; one that failed since is due again from that day."""
    own = sorted(
        (
            p
            for p in packs
            if (p["drill"], p["stack"]) == (drill.name, stack) and p["date"] <= today.isoformat()
        ),
        key=lambda pack: str(pack["started"]),
    )
    passed = [pack for pack in own if pack["verdict"] == "passed"]
    last = date.fromisoformat(passed[-1]["date"]) if passed else None
    due = last + timedelta(days=days) if last else today
    if last is None or due < today or own[-1]["verdict"] != "passed":
        state = "overdue"
    else:
        state = "due soon" if due - _SOON <= today else "ok"
    return {
        "drill": drill.name,
        "stack": stack,
        "every_days": days,
        "last_passed": last.isoformat() if last else None,
        "last_verdict": own[-1]["verdict"] if own else None,
        "due": due.isoformat(),
        "state": state,
    }
