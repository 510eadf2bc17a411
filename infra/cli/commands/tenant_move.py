"""`tenant move`."""

from __future__ import annotations

import argparse
from dataclasses import asdict
from typing import Any

from infra.cli import migration
from infra.cli.commands.common import command, say
from infra.cli.migration_steps import markdown, steps
from infra.config import PLACEMENTS
from infra.errors import ConfigError


def register(commands: Any) -> None:
    parser = command(
        commands,
        "move",
        _move,
        "plan a tenant's migration to another cell or placement, step by step; changes nothing itself",
    )
    parser.add_argument("name", metavar="NAME", help="the tenant")
    parser.add_argument("--place", default="local", help="whose tenant (default %(default)s)")
    parser.add_argument("--to-cell", metavar="STACK", help="the target cell's stack")
    parser.add_argument("--to-placement", choices=PLACEMENTS)
    parser.add_argument(
        "--leave", metavar="STACK", help="instead: take the tenant, gone by now, from that cell's list"
    )
    parser.add_argument("--write", action="store_true", help="write the new stack's file, not active yet")


def _move(args: argparse.Namespace) -> int:
    if args.leave:
        return _leave(args)
    if not (args.to_cell or args.to_placement):
        raise ConfigError("--to-cell", None, "a cell's stack; or --to-placement dedicated|pooled; or both")
    move = migration.plan(args.place, args.name, args.to_cell, args.to_placement)
    found = steps(move)
    written = [str(path) for path in migration.write(move)] if args.write else []
    data = {
        "tenant": move.tenant,
        "from": move.old.name,
        "to": move.new,
        "steps": [asdict(step) for step in found],
        "written": written,
    }
    say(
        args,
        data,
        "\n".join([markdown(move, found), *(["", *(f"wrote {path}" for path in written)])]).rstrip(),
    )
    return 0


def _leave(args: argparse.Namespace) -> int:
    if args.to_cell or args.to_placement or args.write:
        raise ConfigError("--leave", args.leave, "without --to-cell, --to-placement and --write")
    path = migration.leave(args.leave, args.name)
    say(args, {"written": [str(path)]}, f"wrote {path}\nnext: python -m infra up --stack {args.leave}")
    return 0
