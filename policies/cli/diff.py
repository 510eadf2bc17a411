"""`diff`: what changed between two reports, for a pull request; exit 1 where something got worse."""

from __future__ import annotations

import argparse
import json
from pathlib import Path

from policies.cli.common import Commands


def add(commands: Commands) -> argparse.ArgumentParser:
    words = (
        "compare two report.json; exit 1 where a check newly fails, is no longer proven, or coverage shrank "
        "or is missing"
    )
    diff = commands.add_parser("diff", help=words)
    diff.add_argument("old", type=Path, help="report.json of before, or its folder")
    diff.add_argument("new", type=Path, help="report.json of now, or its folder")
    diff.add_argument("--json", action="store_true", help="instead of Markdown")
    return diff


def run(given: argparse.Namespace) -> int:
    from policies.report.difference import Difference, load

    found = Difference(load(given.old), load(given.new))
    print(json.dumps(found.facts(), indent=2) if given.json else found.markdown())
    return 1 if found.worse else 0
