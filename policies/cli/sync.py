"""`sync`: the frameworks' `checks` lists follow the rules' references."""

from __future__ import annotations

import argparse
import sys

from policies.cli.common import Commands


def add(commands: Commands) -> argparse.ArgumentParser:
    words = "rewrite the checks of policies/frameworks from the rules' references; exit 1 where more is wrong"
    sync = commands.add_parser("sync", help=words)
    sync.add_argument("--check", action="store_true", help="change nothing, only say what is wrong")
    return sync


def run(given: argparse.Namespace) -> int:
    from policies.framework_sync import edits, needed

    if not given.check:
        for file, text in needed().items():
            file.write_text(text)
            print(f"{file.name}: checks rewritten")
    wrong = edits()
    print(
        "\n".join(wrong) or "every reference of a rule is a control, and every check a rule", file=sys.stderr
    )
    return 1 if wrong else 0
