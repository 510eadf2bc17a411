"""Options and behaviour that `drill`, `resume` and `report` share: making the pack."""

from __future__ import annotations

import argparse
from pathlib import Path

from evidence.redaction import read_canaries
from runbooks.cli.common import tell
from runbooks.drill import journal
from runbooks.errors import PreconditionError, RunbookError
from runbooks.pack.review import Review
from runbooks.target import Engine


def options(parser: argparse.ArgumentParser) -> None:
    parser.add_argument(
        "--canaries", type=Path, metavar="FILE", help="values, one a line, not to be in the pack"
    )
    key = parser.add_mutually_exclusive_group()
    key.add_argument("--sign", metavar="KEY", help="Cloud KMS key; default: the cell's `evidence` key")
    key.add_argument("--unsigned", action="store_true", help="a manifest, no signature")


def canaries(file: Path | None) -> list[str]:
    try:
        return read_canaries(file)
    except ValueError as error:
        raise PreconditionError(str(error)) from error


def seal(given: argparse.Namespace, engine: Engine, folder: Path, review: Review | None = None) -> bool:
    """Make the pack; where it cannot be made the run's journal stays, and why is said."""
    from runbooks.pack import build  # draws and typesets: slow to load, and many commands do neither

    try:
        stack = str(journal.read(folder)["stack"])
        key = None if given.unsigned else engine.key(stack, given.sign)
        build.seal(folder, key, canaries(given.canaries), review)
    except (RunbookError, OSError) as error:
        tell(f"the pack is not sealed: {error}; `python -m runbooks report {folder}` tries again")
        return False
    return True
