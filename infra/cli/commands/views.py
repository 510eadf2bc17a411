"""`graph`, `cost`, `residency`, `report`: what a stack's state shows."""

from __future__ import annotations

import argparse
import sys
from pathlib import Path
from typing import Any

from infra.cli import graph, state
from infra.cli.commands.common import command, say


def register(commands: Any) -> None:
    picture = command(commands, "graph", _graph, "write an SVG of a stack's resources by room")
    state.arguments(picture)
    picture.add_argument("--out", metavar="FILE", help="default <stack>.svg; - for standard output")


def _graph(args: argparse.Namespace) -> int:
    found = state.given(args)
    drawn = graph.svg(found)
    if args.out == "-":
        sys.stdout.write(drawn)
        return 0
    path = Path(args.out or f"{found.stack}.svg")
    path.write_text(drawn)
    counts = {room: len(holders) for room, holders in graph.rooms(found).items()}
    data = {"file": str(path), "resources": len(found.google), "rooms": counts}
    say(args, data, f"wrote {path}: {len(found.google)} resources in {len(counts)} rooms")
    return 0
