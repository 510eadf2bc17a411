"""`tenant list`."""

from __future__ import annotations

import argparse
from dataclasses import asdict
from typing import Any

from infra.cli import tenant_list
from infra.cli.commands.common import command, engine, say
from infra.cli.places import stacks


def register(commands: Any) -> None:
    parser = command(
        commands,
        "list",
        _list,
        "cell, site, placement, profile, version, last update and drift of each tenant",
    )
    parser.add_argument("--place", default="local", help="which tenants (default %(default)s)")
    parser.add_argument(
        "--drift", action="store_true", help="read everything back to see; exit 1 when something drifted"
    )


def _list(args: argparse.Namespace) -> int:
    found = stacks(args.place)
    rows = tenant_list.rows(engine(), found, args.drift)
    say(args, [asdict(row) for row in rows], tenant_list.text(rows))
    return 1 if any(row.drift == "yes" for row in rows) else 0
