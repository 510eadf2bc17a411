"""`explain`: what a rule asks for, and why."""

from __future__ import annotations

import argparse
import json
from dataclasses import asdict
from typing import Any

import policies.rules  # noqa: F401  (registers the rules)
from policies.case import Case
from policies.cli.common import Commands
from policies.errors import PolicyError
from policies.rule import catalogue


def add(commands: Commands) -> argparse.ArgumentParser:
    explain = commands.add_parser("explain", help="what a rule asks for, and why")
    explain.add_argument("rule", help="a rule's id or number")
    explain.add_argument("--json", action="store_true")
    return explain


def _inputs(cases: Case | tuple[Case, ...]) -> list[dict[str, Any]]:
    return [asdict(case) for case in (cases if isinstance(cases, tuple) else (cases,))]


def run(given: argparse.Namespace) -> int:
    known = catalogue()
    found = [rule for rule in known if given.rule in (rule.id, str(rule.number))]
    if not found:
        allowed = ", ".join(sorted(rule.id for rule in known))
        raise PolicyError(f"rule: {given.rule!r} is unknown; allowed: {allowed}")
    rule = found[0]
    facts = {
        "id": rule.id, "number": rule.number, "title": rule.title, "severity": rule.severity,
        "remedy": rule.remedy, "types": list(rule.types),
        "controls": {name: list(ids) for name, ids in rule.controls.items()},
        "fails": _inputs(rule.fails), "passes": _inputs(rule.passes),
    }  # fmt: skip
    if given.json:
        print(json.dumps(facts, indent=2))
    else:
        print("\n".join(f"{name:<9} {value}" for name, value in facts.items()))
    return 0
