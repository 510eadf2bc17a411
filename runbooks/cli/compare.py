"""`compare`: two runs of one drill side by side; exit 1 where RPO or RTO got worse."""

from __future__ import annotations

import argparse
from collections.abc import Iterator
from typing import Any

from runbooks import home
from runbooks.cli.common import Commands, command, dump, table
from runbooks.drill import journal
from runbooks.errors import PreconditionError
from runbooks.target import Engine

_JUDGED = ("rpo_seconds", "rto_seconds")
_ORDER = ("passed", "not_proven", "failed")


def add(commands: Commands) -> None:
    compare = command(commands, "compare", "two runs of one drill side by side: did RPO or RTO get worse?")
    compare.add_argument("before", help="a run's id or folder")
    compare.add_argument("after", help="the later run")
    compare.add_argument(
        "--tolerance", type=float, default=20.0, metavar="PERCENT",
        help="how much longer is not yet worse (default 20); half a second never is",
    )  # fmt: skip


def run(given: argparse.Namespace, engine: Engine) -> int:
    if not given.tolerance >= 0:
        raise PreconditionError(f"--tolerance: {given.tolerance:g} is less than nothing")
    before, after = _ended(given.before), _ended(given.after)
    if before["drill"]["name"] != after["drill"]["name"]:
        names = f"{before['drill']['name']} and {after['drill']['name']}"
        raise PreconditionError(f"{names} are two drills; two runs of one can be compared")
    measured = list(_measured(before, after, given.tolerance / 100))
    worse = [row["metric"] for row in measured if row["change"] == "worse"]
    if _ORDER.index(after["verdict"]) > _ORDER.index(before["verdict"]):
        worse.insert(0, "verdict")
    if given.json:
        dump({"before": _about(before), "after": _about(after), "measured": measured, "worse": worse})
    else:
        _print(before, after, measured)
        print(f"worse: {', '.join(worse)}" if worse else "not worse")
    return 1 if worse else 0


def _ended(run: str) -> journal.Document:
    found = journal.read(home.find(run))
    if not found["ended"]:
        raise PreconditionError(f"run {found['run']}: has not ended; there is nothing to compare")
    return found


def _about(run: journal.Document) -> dict[str, Any]:
    return {
        key: run[key] for key in ("run", "stack", "started", "status", "verdict", "deviated", "objectives")
    }


def _measured(
    before: journal.Document, after: journal.Document, tolerance: float
) -> Iterator[dict[str, Any]]:
    names = dict.fromkeys([*_JUDGED, *before["measured"], *after["measured"]])
    for name in names:
        old, new = before["measured"].get(name), after["measured"].get(name)
        yield {"metric": name, "before": old, "after": new, "change": _change(name, old, new, tolerance)}


def _change(name: str, old: float | None, new: float | None, tolerance: float) -> str:
    """Only objectives can get worse; other measurements are shown as they are."""
    if name not in _JUDGED or old is None:
        return ""
    if new is None or new > max(old * (1 + tolerance), old + 0.5):
        return "worse"
    return "better" if new < min(old * (1 - tolerance), old - 0.5) else "same"


def _print(before: journal.Document, after: journal.Document, measured: list[dict[str, Any]]) -> None:
    rows = [("", f"run {before['run']}", f"run {after['run']}", "")]
    for key in ("stack", "started", "verdict"):
        rows.append((key, str(before[key]), str(after[key]), ""))
    for row in measured:
        old, new = ("not measured" if row[key] is None else f"{row[key]:g}" for key in ("before", "after"))
        rows.append((row["metric"], old, new, row["change"]))
    print(f"{before['drill']['name']}")
    print(table(rows))
