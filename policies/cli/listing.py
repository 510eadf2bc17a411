"""`list`: all rules."""

from __future__ import annotations

import argparse
import json

import policies.rules  # noqa: F401  (registers the rules)
from policies.cli.common import Commands
from policies.rule import catalogue


def add(commands: Commands) -> argparse.ArgumentParser:
    listing = commands.add_parser("list", help="all rules")
    listing.add_argument("--json", action="store_true")
    return listing


def run(given: argparse.Namespace) -> int:
    rules = catalogue()
    if given.json:
        facts = [{"id": rule.id, "number": rule.number, "title": rule.title} for rule in rules]
        print(json.dumps(facts, indent=2))
    else:
        print("\n".join(f"{rule.number:>3} {rule.id:<26} {rule.title}" for rule in rules))
    return 0
