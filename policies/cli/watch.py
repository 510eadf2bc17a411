"""`watch`: judge live stacks on a schedule; an alert is a line of JSON as Cloud Logging reads it."""

from __future__ import annotations

import argparse
import json
import sys
import time
from collections.abc import Sequence
from pathlib import Path

from policies import drills, waivers
from policies.cli.common import Commands
from policies.cli.report import make_report
from policies.errors import PolicyError
from policies.live import Drift, read_live
from policies.result import Report
from policies.watch import Alert, Watch

_SHORTEST = 10


def add(commands: Commands) -> argparse.ArgumentParser:
    watch = commands.add_parser("watch", help="judge what is live on a schedule; alert on drift and failures")
    watch.add_argument("--stack", nargs="+", required=True, help="stacks of this project")
    watch.add_argument("--every", type=_seconds, default=3600, help="seconds between looks (3600)")
    watch.add_argument("--once", action="store_true", help="one look; exit 1 where it raises an alert")
    watch.add_argument("--profile", help="instead of what the stacks' outputs name")
    watch.add_argument("--jurisdiction", help="instead of what the stacks' outputs name")
    watch.add_argument("--drills", type=Path, metavar="DIR", help="drill packs that check 77 goes by")
    watch.add_argument("--waivers", type=Path, default=waivers.DEFAULT_FILE)
    return watch


def _seconds(text: str) -> int:
    if not text.isdigit() or int(text) < _SHORTEST:
        raise argparse.ArgumentTypeError(f"{text!r} is not a number of seconds from {_SHORTEST} on")
    return int(text)


def run(given: argparse.Namespace) -> int:
    def look(stacks: Sequence[str]) -> tuple[Report, tuple[Drift, ...]]:
        live = [read_live(stack) for stack in stacks]
        in_force = waivers.load(given.waivers)
        states, drilled = [state for state, _ in live], drills.judged(given.drills)
        report = make_report(states, in_force, given.profile, given.jurisdiction, drilled)
        return report, tuple(drift for _, drifts in live for drift in drifts)

    watch = Watch(given.stack, look)
    if given.once:
        return _tell(watch)
    while True:
        try:
            _tell(watch)
        except Exception as error:
            # However a look fails, that is itself worth an alert; the next one may succeed.
            print(json.dumps(_blind(error, given.stack).entry()), flush=True)
        time.sleep(given.every)


def _blind(error: Exception, stacks: Sequence[str]) -> Alert:
    said = str(error) if isinstance(error, PolicyError) else f"{type(error).__name__}: {error}"
    return Alert("ERROR", f"watch: {', '.join(stacks)} could not be judged: {said}", "blind", "")


def _tell(watch: Watch) -> int:
    report, alerts = watch.round()
    for alert in alerts:
        print(json.dumps(alert.entry()), flush=True)
    counts = ", ".join(f"{count} {name}" for name, count in report.counts().items())
    print(f"{report.judged_at} {report.title}: {counts}", file=sys.stderr, flush=True)
    return 1 if alerts else 0
