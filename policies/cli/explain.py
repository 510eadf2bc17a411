"""`explain`: a check, a control or a resource: what is asked for, who answers for it, what was found."""

from __future__ import annotations

import argparse
import json
from pathlib import Path
from typing import Any

from policies.cli.common import Commands
from policies.result import Finding


def add(commands: Commands) -> argparse.ArgumentParser:
    explain = commands.add_parser("explain", help="a check, a control or a resource")
    words = "a check's id or number, a control such as hipaa:164.312(b), a resource type, URN or name"
    explain.add_argument("asked", metavar="CHECK|CONTROL|RESOURCE", help=words)
    explain.add_argument(
        "--state", nargs="+", type=Path, help="say the verdicts too: files written by `pulumi stack export`"
    )
    explain.add_argument("--profile", help="instead of what the stacks' outputs name")
    explain.add_argument("--jurisdiction", help="instead of what the stacks' outputs name")
    explain.add_argument("--json", action="store_true")
    return explain


def run(given: argparse.Namespace) -> int:
    from policies.explain import explain
    from policies.report.text import visible

    findings = _judged(given) if given.state else None
    explained = explain(given.asked, findings)
    facts = dict(explained.facts)
    if findings is not None:
        facts["findings"] = [finding._asdict() for finding in findings if explained.about(finding)]
    print(json.dumps(facts, indent=2) if given.json else "\n".join(map(visible, _lines(facts))))
    return 0


def _judged(given: argparse.Namespace) -> tuple[Finding, ...]:
    from policies import waivers
    from policies.cli.report import make_report
    from policies.state import read_file

    states = [read_file(file) for file in given.state]
    return make_report(states, waivers.load(), given.profile, given.jurisdiction).findings


def _lines(facts: dict[str, Any]) -> list[str]:
    lines = []
    for name, value in facts.items():
        if isinstance(value, dict):
            lines += [f"{name:<15}{key} {', '.join(items)}" for key, items in value.items()]
        elif name in ("fails", "passes"):
            lines += [f"{name:<15}{json.dumps(case['resources'])}" for case in value]
        elif isinstance(value, list):
            lines += [f"{name:<15}{_item(item)}" for item in value] or [f"{name:<15}none"]
        else:
            lines.append(f"{name:<15}{value}")
    return lines


def _item(item: Any) -> str:
    if not isinstance(item, dict):
        return str(item)
    if "verdict" in item:
        return f"{item['verdict']:<14} {item['rule']}: {item['resource'] or item['stack']}: {item['message']}"
    return f"{item['number']}. {item['id']}: {item['title']}"
