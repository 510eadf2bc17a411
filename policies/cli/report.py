"""`report`: judge stacks and write what was found, in every format."""

from __future__ import annotations

import argparse
import subprocess
import sys
from collections.abc import Sequence
from datetime import UTC, datetime
from pathlib import Path
from typing import TYPE_CHECKING

from policies import VERSION, drills, waivers
from policies.cli.common import Commands
from policies.context import Drill, context
from policies.errors import PolicyError
from policies.estate import Estate
from policies.judge import describe, judge_together
from policies.result import Finding, Report, Verdict
from policies.state import State, read_file, read_stack

if TYPE_CHECKING:
    from evidence.signature import Signer
    from policies.coverage import FrameworkCoverage

_WORTH_A_LINE = (Verdict.FAILED, Verdict.UNPROVEN, Verdict.WAIVED)


def add(commands: Commands) -> argparse.ArgumentParser:
    report = commands.add_parser("report", help="judge stacks together; exit 1 where anything fails")
    source = report.add_mutually_exclusive_group(required=True)
    source.add_argument("--stack", nargs="+", help="stacks of this project, exported with pulumi")
    source.add_argument("--state", nargs="+", type=Path, help="files written by `pulumi stack export`")
    source.add_argument("--plan", nargs="+", type=Path, help="files written by `terraform show -json PLAN`")
    report.add_argument("--out", type=Path, metavar="DIR", help="folder for the report's files")
    report.add_argument(
        "--format", help="of the files, with commas: html,json,sarif,junit,markdown,oscal (all)"
    )
    report.add_argument(
        "--sign", metavar="KEY", help="Cloud KMS key (or a version of it) that signs the files"
    )
    report.add_argument("--profile", help="instead of what the stacks' outputs name")
    report.add_argument("--jurisdiction", help="instead of what the stacks' outputs name")
    report.add_argument("--drills", type=Path, metavar="DIR", help="drill packs that check 77 goes by")
    report.add_argument("--waivers", type=Path, default=waivers.DEFAULT_FILE)
    report.add_argument("--json", action="store_true", help="print the report as JSON")
    return report


def commit() -> str:
    """The checkout's commit, with `-dirty` where what judges was changed after it."""
    folder = Path(__file__).resolve().parent.parent
    name = _git(folder, "rev-parse", "HEAD")
    changed = name and _git(folder, "status", "--porcelain", "--untracked-files=no", "--", ".")
    return f"{name}-dirty" if changed else name or "unknown"


def _git(folder: Path, *arguments: str) -> str:
    try:
        done = subprocess.run(["git", *arguments], cwd=folder, capture_output=True, text=True, check=False)
    except OSError:
        return ""
    return done.stdout.strip()


def make_report(
    states: Sequence[State],
    in_force: waivers.Waivers,
    profile: str | None,
    jurisdiction: str | None,
    drilled: tuple[Drill, ...] | None = None,
) -> Report:
    """One report over all the states; what the arguments say wins over a state's own outputs."""
    assumed = {key: value for key, value in (("profile", profile), ("jurisdiction", jurisdiction)) if value}
    stacks = [s.judged_as(context({**s.outputs.plain(), **assumed}, drilled, s.stack)) for s in states]
    findings = judge_together(Estate(tuple(stacks)), in_force)
    judged = tuple(describe(stack, state.sha256) for stack, state in zip(stacks, states, strict=True))
    now = datetime.now(UTC).isoformat(timespec="seconds")
    return Report(judged, now, commit(), VERSION, findings, in_force.entries)


def _states(given: argparse.Namespace) -> list[State]:
    if given.stack:
        return [read_stack(stack) for stack in given.stack]
    if given.state:
        return [read_file(file) for file in given.state]
    from policies.terraform import plan

    return [plan.read_file(file) for file in given.plan]


def _line(finding: Finding) -> str:
    from policies.report.text import visible

    name, message = visible(finding.resource), visible(finding.message)
    return f"{finding.verdict.upper():<9} {finding.rule:<26} {name:<28} {message}"


def run(given: argparse.Namespace) -> int:
    from policies.coverage import coverage
    from policies.evidence.progress import Progress
    from policies.framework import load_all
    from policies.report.files import FORMATS, parse_formats, write

    formats = parse_formats(given.format) if given.format else tuple(FORMATS)
    if not given.out and (given.sign or given.format):
        raise PolicyError("--out: is needed with --sign and --format")
    tell = Progress()
    in_force = waivers.load(given.waivers)
    tell("reading")
    states = _states(given)
    signer = _signer(given.sign, states) if given.sign else None
    tell(f"judging {sum(len(state.resources) for state in states):,} resources")
    report = make_report(states, in_force, given.profile, given.jurisdiction, drills.judged(given.drills))
    covered = coverage(report, load_all())
    if given.out:
        for name in write(report, covered, given.out, formats, signer, tell):
            print(f"policies: {given.out / name} is no file of this report", file=sys.stderr)
    _say(given, report, covered)
    return max(report.exit_code(), _waivers_hold(in_force, report))


def _signer(key: str, states: Sequence[State]) -> Signer:
    from policies import signing

    return signing.signer(key, signing.address(state.stack for state in states))


def _say(given: argparse.Namespace, report: Report, covered: Sequence[FrameworkCoverage]) -> None:
    if given.json:
        from policies.report import json_report

        print(json_report.render(report, covered), end="")
        return
    for finding in report.findings:
        if finding.verdict in _WORTH_A_LINE:
            print(_line(finding))
    for each in covered:
        n = each.numbers()
        print(
            f"{each.framework.key:<9} {each.covered:>5} % of {n['controls']} controls judged by checks: "
            f"{n['satisfied']} satisfied, {n['not_satisfied']} not satisfied, {n['not_judged']} not judged"
        )
    print(f"{report.title}: " + ", ".join(f"{count} {name}" for name, count in report.counts().items()))


def _waivers_hold(in_force: waivers.Waivers, report: Report) -> int:
    """1 where a waiver excuses nothing, or too much: said on standard error."""
    problems = in_force.problems(report.findings)
    for problem in problems:
        print(f"policies: {problem}", file=sys.stderr)
    return 1 if problems else 0
