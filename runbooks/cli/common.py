"""What every command has."""

from __future__ import annotations

import argparse
import json
import sys
from collections.abc import Iterable
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    Commands = argparse._SubParsersAction[argparse.ArgumentParser]
else:  # at run time the class takes no parameters
    Commands = object


def command(commands: Commands, name: str, text: str) -> argparse.ArgumentParser:
    """A command with its help and `--json`."""
    found: argparse.ArgumentParser = commands.add_parser(name, help=text, description=text)
    found.add_argument("--json", action="store_true", help="print data as JSON")
    return found


def tell(text: str) -> None:
    """Progress, for people."""
    print(text, file=sys.stderr, flush=True)


def dump(data: Any) -> None:
    print(json.dumps(data, indent=2, default=str))


def table(rows: Iterable[Iterable[object]]) -> str:
    """Columns as wide as their widest cell."""
    cells = [[str(cell) for cell in row] for row in rows]
    wide = [max(map(len, column)) for column in zip(*cells, strict=True)]
    lines = ("  ".join(cell.ljust(width) for cell, width in zip(row, wide, strict=True)) for row in cells)
    return "\n".join(line.rstrip() for line in lines)


def number(value: float | int | None) -> str:
    return "not measured" if value is None else f"{value:g} s"
