"""`tenant new`: the stack files of a new tenant."""

from __future__ import annotations

import argparse
from typing import Any

from infra.cli import tenants
from infra.cli.commands.common import command, say
from infra.cli.pulumi import Pulumi
from infra.config import PLACEMENTS


def register(commands: Any) -> None:
    text = "write the stack files of a new tenant; `up` does the rest"
    parser = command(commands, "new", _new, text, aliases=("add",))
    parser.add_argument("name", metavar="NAME", help="a DNS label of at most 20 characters")
    parser.add_argument(
        "--cell", default="local-cell", metavar="STACK", help="the cell's stack (default %(default)s)"
    )
    parser.add_argument("--placement", default="pooled", choices=PLACEMENTS, help="default %(default)s")
    parser.add_argument("--profile", metavar="P", help="the cell's, which is the default")
    parser.add_argument("--recovery", metavar="STACK", help="the cell of a second site, in another region")


def _new(args: argparse.Namespace) -> int:
    asked = tenants.NewTenant(args.name, args.cell, args.placement, args.profile, args.recovery)
    written = [str(path) for path in tenants.new(asked, records=Pulumi().home)]
    follow = f"python -m infra up --place {tenants.place_of(args.cell)}"
    data = {"written": written, "next": follow}
    say(args, data, "\n".join([*(f"wrote {path}" for path in written), f"next: {follow}"]))
    return 0
