"""The commands of `python -m infra`. Exit codes: 0 done, 1 the answer is no, 2 bad usage or input."""

from __future__ import annotations

import argparse
import os
import sys

from infra.cli.commands import GROUPS
from infra.cli.errors import CliError
from infra.errors import InfraError


def main(arguments: list[str] | None = None) -> int:
    args = _parser().parse_args(arguments)
    try:
        code: int = args.run(args)
        sys.stdout.flush()
    except InfraError as error:
        print(f"infra: {error}", file=sys.stderr)
        return 2
    except CliError as error:
        print(f"infra: {error}", file=sys.stderr)
        return error.code
    except KeyboardInterrupt:
        print("infra: interrupted; run again to go on", file=sys.stderr)
        return 130
    except BrokenPipeError:
        # Who read the output has seen enough; nothing is left to be said at exit either.
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
        return 1
    return code


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(prog="python -m infra", description=__doc__)
    commands = parser.add_subparsers(required=True, metavar="COMMAND")
    for group in GROUPS:
        group.register(commands)
    return parser
