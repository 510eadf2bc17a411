"""`python -m policies`: judge stacks, explain rules and controls, compare, watch and prove."""

from __future__ import annotations

import argparse
import os
import signal
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


def _sentence(error: Exception) -> str:
    """Without Python's number, on one visible line: part of it may be somebody's name or another's output."""
    from policies.report.text import visible

    if isinstance(error, OSError) and error.strerror:
        return visible(f"{error.filename}: {error.strerror}" if error.filename else error.strerror)
    return visible(str(error))


def main(arguments: list[str] | None = None) -> int:
    """Exit code: 0 nothing failed, 1 something failed, 2 bad usage or input, 141 nobody reads on."""
    given = parser().parse_args(arguments)
    try:
        code = int(given.run(given))
        sys.stdout.flush()
        return code
    except BrokenPipeError:
        # The reader, such as `head`, has enough; what is still in the buffer has nowhere to go.
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
        return 128 + signal.SIGPIPE
    except (PolicyError, OSError) as error:
        print(f"policies: {_sentence(error)}", file=sys.stderr)
        return 2
    except KeyboardInterrupt:
        print("policies: interrupted; nothing was left half written", file=sys.stderr)
        return 130
