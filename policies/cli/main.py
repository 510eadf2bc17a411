"""`python -m policies`: judge stacks, explain rules and controls, compare, watch and prove."""

from __future__ import annotations

import argparse
import sys

from policies.cli import diff, evidence, explain, listing, report, sync, verify, watch
from policies.errors import PolicyError

_COMMANDS = (report, verify, diff, explain, evidence, listing, sync, watch)


def parser() -> argparse.ArgumentParser:
    top = argparse.ArgumentParser(prog="python -m policies", description=__doc__)
    commands = top.add_subparsers(dest="command", required=True)
    for command in _COMMANDS:
        command.add(commands).set_defaults(run=command.run)
    return top


def main(arguments: list[str] | None = None) -> int:
    """Exit code: 0 nothing failed, 1 something failed, 2 bad usage or input."""
    given = parser().parse_args(arguments)
    try:
        return int(given.run(given))
    except (PolicyError, OSError) as error:
        print(f"policies: {error}", file=sys.stderr)
        return 2
    except KeyboardInterrupt:
        print("policies: interrupted; nothing was left half written", file=sys.stderr)
        return 130
