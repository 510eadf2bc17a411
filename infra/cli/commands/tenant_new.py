"""`tenant new`: the stack file of a new tenant."""

from __future__ import annotations

import argparse
from typing import Any

from infra.cli import tenants
from infra.cli.commands.common import say


def register(commands: Any) -> None:
    text = "write the stack file of a new tenant; `up` does the rest"
    parser: argparse.ArgumentParser = commands.add_parser("new", aliases=["add"], help=text, description=text)
    parser.add_argument("name", metavar="NAME", help="a DNS label of at most 20 characters")
    parser.add_argument(
        "--cell", default="local-cell", metavar="STACK", help="the cell's stack (default %(default)s)"
    )
    parser.add_argument("--placement", default="pooled", choices=("dedicated", "pooled"))
    parser.add_argument("--json", action="store_true", help="print the result as JSON")
    parser.set_defaults(run=_new)


def _new(args: argparse.Namespace) -> int:
    written = [str(path) for path in tenants.add(args.name, args.cell, args.placement)]
    lines = [*(f"wrote {path}" for path in written), "next: python -m infra up"]
    say(args, {"written": written}, "\n".join(lines))
    return 0
