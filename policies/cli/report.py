"""`report`: judge stacks and write what was found, in every format."""

from __future__ import annotations

import argparse
import subprocess
from collections.abc import Sequence
from datetime import UTC, datetime
from pathlib import Path

from policies import VERSION, waivers
from policies.cli.common import Commands
from policies.context import context
from policies.estate import Estate
from policies.judge import describe, judge_together
from policies.report import html_report, json_report
from policies.result import Finding, Report, Verdict
from policies.state import State, read_file, read_stack


def add(commands: Commands) -> argparse.ArgumentParser:
    report = commands.add_parser("report", help="judge stacks together; exit 1 where anything fails")
    source = report.add_mutually_exclusive_group(required=True)
    source.add_argument("--stack", nargs="+", help="stacks of this project, exported with pulumi")
    source.add_argument("--state", nargs="+", type=Path, help="files written by `pulumi stack export`")
    report.add_argument("--out", type=Path, help="folder for report.json and report.html")
    report.add_argument("--profile", help="instead of what the stacks' outputs name")
    report.add_argument("--jurisdiction", help="instead of what the stacks' outputs name")
    report.add_argument("--waivers", type=Path, default=waivers.DEFAULT_FILE)
    report.add_argument("--json", action="store_true", help="print the report as JSON")
    return report


def commit() -> str:
    folder = Path(__file__).parent
    done = subprocess.run(
        ["git", "rev-parse", "HEAD"], cwd=folder, capture_output=True, text=True, check=False
    )
    return done.stdout.strip() or "unknown"


def make_report(
    states: Sequence[State], in_force: waivers.Waivers, profile: str | None, jurisdiction: str | None
) -> Report:
    """One report over all the states; what the arguments say wins over a state's own outputs."""
    assumed = {key: value for key, value in (("profile", profile), ("jurisdiction", jurisdiction)) if value}
    stacks = [s.judged_as(context({**s.outputs.plain(), **assumed}, stack=s.stack)) for s in states]
    findings = judge_together(Estate(tuple(stacks)), in_force)
    judged = tuple(describe(stack, state.sha256) for stack, state in zip(stacks, states, strict=True))
    now = datetime.now(UTC).isoformat(timespec="seconds")
    return Report(judged, now, commit(), VERSION, findings)


def _write(report: Report, folder: Path) -> None:
    folder.mkdir(parents=True, exist_ok=True)
    (folder / "report.json").write_text(json_report.render(report))
    (folder / "report.html").write_text(html_report.render(report))


def _line(finding: Finding) -> str:
    return f"{finding.verdict.upper():<9} {finding.rule:<26} {finding.resource:<28} {finding.message}"


def run(given: argparse.Namespace) -> int:
    states = [read_stack(s) for s in given.stack] if given.stack else [read_file(f) for f in given.state]
    report = make_report(states, waivers.load(given.waivers), given.profile, given.jurisdiction)
    if given.out:
        _write(report, given.out)
    if given.json:
        print(json_report.render(report), end="")
        return report.exit_code()
    for finding in report.findings:
        if finding.verdict not in (Verdict.PASSED, Verdict.NOT_APPLICABLE):
            print(_line(finding))
    print(f"{report.title}: " + ", ".join(f"{count} {name}" for name, count in report.counts().items()))
    return report.exit_code()
