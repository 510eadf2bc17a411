"""`python -m runbooks`: drills, runs and their evidence. Exit 0 yes, 1 the answer is no, 2 bad input."""

from __future__ import annotations

import argparse
import sys
from collections.abc import Callable

from evidence.errors import EvidenceError
from runbooks.cli import compare, drill, packs, resume, schedule, show
from runbooks.errors import ActivityError, PackError, RunbookError
from runbooks.target import Engine

_RUN: dict[str, Callable[[argparse.Namespace, Engine], int]] = {
    "list": show.run_list,
    "show": show.run_show,
    "drill": drill.run,
    "resume": resume.run,
    "verify": packs.run_verify,
    "report": packs.run_report,
    "schedule": schedule.run,
    "compare": compare.run,
}


def parser() -> argparse.ArgumentParser:
    top = argparse.ArgumentParser(prog="python -m runbooks", description=__doc__)
    commands = top.add_subparsers(dest="command", required=True)
    for module in (show, drill, resume, packs, schedule, compare):
        module.add(commands)
    return top


def _shipped() -> Engine:
    """The drills of this checkout, for tenants; what acts on a cloud is slow to load."""
    from runbooks.tenant import engine

    return engine()


def main(arguments: list[str] | None = None, engine: Engine | None = None) -> int:
    given = parser().parse_args(arguments)
    try:
        return _RUN[given.command](given, engine or _shipped())
    except (PackError, EvidenceError, ActivityError) as error:
        print(f"runbooks: {error}", file=sys.stderr)
        return 1
    except (RunbookError, OSError) as error:
        print(f"runbooks: {error}", file=sys.stderr)
        return 2
    except KeyboardInterrupt:
        print("runbooks: interrupted; the journal says what was done", file=sys.stderr)
        return 1
