"""`python -m policies`: report on a stack or an exported state, explain a rule, list the rules."""

from __future__ import annotations

import argparse
import json
import subprocess
import sys
from datetime import UTC, datetime
from pathlib import Path

import policies.rules  # noqa: F401  (registers the rules)
from policies import waivers
from policies.context import context
from policies.errors import PolicyError
from policies.judge import judge
from policies.report import html_report, json_report
from policies.result import Finding, Report, Verdict
from policies.rule import RULES
from policies.state import State, read_file, read_stack


def parser() -> argparse.ArgumentParser:
    top = argparse.ArgumentParser(prog="python -m policies", description=__doc__)
    commands = top.add_subparsers(dest="command", required=True)
    report = commands.add_parser("report", help="judge a stack; exit 1 where anything fails")
    source = report.add_mutually_exclusive_group(required=True)
    source.add_argument("--stack", help="a stack of this project, exported with pulumi")
    source.add_argument("--state", type=Path, help="a file written by `pulumi stack export`")
    report.add_argument("--out", type=Path, help="folder for report.json and report.html")
    report.add_argument("--jurisdiction", help="where the stack's outputs do not name one")
    report.add_argument("--waivers", type=Path, default=waivers.DEFAULT_FILE)
    report.add_argument("--json", action="store_true", help="print the report as JSON")
    explain = commands.add_parser("explain", help="what a rule asks for, and why")
    explain.add_argument("rule", help="a rule's id or number")
    explain.add_argument("--json", action="store_true")
    listing = commands.add_parser("list", help="all rules")
    listing.add_argument("--json", action="store_true")
    return top


def _commit() -> str:
    folder = Path(__file__).parent
    done = subprocess.run(
        ["git", "rev-parse", "HEAD"], cwd=folder, capture_output=True, text=True, check=False
    )
    return done.stdout.strip() or "unknown"


def make_report(state: State, jurisdiction: str | None, in_force: waivers.Waivers) -> Report:
    settings = dict(state.outputs)
    if jurisdiction:
        settings["jurisdiction"] = jurisdiction
    about = context(settings)
    now = datetime.now(UTC).isoformat(timespec="seconds")
    findings = judge(state.resources, about, in_force)
    return Report(state.stack, about.profile, now, state.sha256, _commit(), findings)


def _write(report: Report, folder: Path) -> None:
    folder.mkdir(parents=True, exist_ok=True)
    (folder / "report.json").write_text(json_report.render(report))
    (folder / "report.html").write_text(html_report.render(report))


def _line(finding: Finding) -> str:
    return f"{finding.verdict.upper():<9} {finding.rule:<26} {finding.resource:<28} {finding.message}"


def _report(given: argparse.Namespace) -> int:
    state = read_stack(given.stack) if given.stack else read_file(given.state)
    report = make_report(state, given.jurisdiction, waivers.load(given.waivers))
    if given.out:
        _write(report, given.out)
    if given.json:
        print(json_report.render(report), end="")
        return report.exit_code()
    for finding in report.findings:
        if finding.verdict not in (Verdict.PASSED, Verdict.NOT_APPLICABLE):
            print(_line(finding))
    print(f"{report.stack}: " + ", ".join(f"{count} {name}" for name, count in report.counts().items()))
    return report.exit_code()


def _explain(given: argparse.Namespace) -> int:
    found = [rule for rule in RULES.values() if given.rule in (rule.id, str(rule.number))]
    if not found:
        raise PolicyError(f"rule: {given.rule!r} is unknown; allowed: {', '.join(sorted(RULES))}")
    rule = found[0]
    facts = {
        "id": rule.id, "number": rule.number, "title": rule.title, "severity": rule.severity,
        "remedy": rule.remedy, "types": list(rule.types),
        "controls": {name: list(ids) for name, ids in rule.controls.items()},
        "fails": rule.fails, "passes": rule.passes,
    }  # fmt: skip
    if given.json:
        print(json.dumps(facts, indent=2))
    else:
        print("\n".join(f"{name:<9} {value}" for name, value in facts.items()))
    return 0


def _list(given: argparse.Namespace) -> int:
    rules = sorted(RULES.values(), key=lambda rule: rule.number)
    if given.json:
        print(
            json.dumps(
                [{"id": rule.id, "number": rule.number, "title": rule.title} for rule in rules], indent=2
            )
        )
    else:
        print("\n".join(f"{rule.number:>3} {rule.id:<26} {rule.title}" for rule in rules))
    return 0


def main(arguments: list[str] | None = None) -> int:
    """Exit code: 0 nothing failed, 1 something failed, 2 bad usage or input."""
    given = parser().parse_args(arguments)
    try:
        return {"report": _report, "explain": _explain, "list": _list}[given.command](given)
    except (PolicyError, OSError) as error:
        print(f"policies: {error}", file=sys.stderr)
        return 2
