"""`report`: judge stacks and write what was found, in every format."""

from __future__ import annotations

import argparse
import hashlib
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
from policies.result import PROJECTS_WAIVERS, Finding, Report, Verdict
from policies.state import State, read_file, read_stack

if TYPE_CHECKING:
    from evidence.signature import Signer
    from policies.coverage import FrameworkCoverage

_EXPORTED = (
    "stacks of this project, exported with pulumi: judges the state that was saved last, not what is live "
    "now (`watch` reads that)"
)
_WORTH_A_LINE = (Verdict.FAILED, Verdict.UNPROVEN, Verdict.WAIVED)


def add(commands: Commands) -> argparse.ArgumentParser:
    report = commands.add_parser("report", help="judge stacks together; exit 1 where anything fails")
    source = report.add_mutually_exclusive_group(required=True)
    source.add_argument("--stack", nargs="+", help=_EXPORTED)
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
    words = "read instead of the project's policies/waivers.yaml; every report says so"
    report.add_argument("--waivers", type=Path, default=waivers.DEFAULT_FILE, metavar="FILE", help=words)
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
    waivers_file: tuple[str, str] = ("", ""),
) -> Report:
    """One report over all the states; what the arguments say wins over a state's own outputs.

    `waivers_file` is the name and the SHA-256 of the file that the waivers are from (`digest`).
    """
    assumed = {key: value for key, value in (("profile", profile), ("jurisdiction", jurisdiction)) if value}
    stacks = [s.judged_as(context({**s.outputs.plain(), **assumed}, drilled, s.stack)) for s in states]
    findings = judge_together(Estate(tuple(stacks)), in_force)
    judged = tuple(
        describe(stack, state.sha256, findings) for stack, state in zip(stacks, states, strict=True)
    )
    now = datetime.now(UTC).isoformat(timespec="seconds")
    found = tuple(finding.bounded() for finding in findings)
    return Report(judged, now, commit(), VERSION, found, in_force.entries, *waivers_file)


def digest(file: Path) -> tuple[str, str]:
    """How reports name a file of waivers, and its SHA-256; read it before the waivers are loaded."""
    own = file.resolve() == waivers.DEFAULT_FILE.resolve()
    return PROJECTS_WAIVERS if own else file.name, hashlib.sha256(file.read_bytes()).hexdigest()


def read_waivers(file: Path) -> tuple[waivers.Waivers, tuple[str, str]]:
    """The waivers of a file and what it was; raises `PolicyError` where it changes meanwhile."""
    try:
        before = digest(file)
    except OSError as error:
        raise PolicyError(f"--waivers: {file}: {error.strerror}") from error
    in_force = waivers.load(file)
    if digest(file) != before:
        raise PolicyError(f"--waivers: {file}: changed while it was read")
    return in_force, before


def _states(given: argparse.Namespace) -> list[State]:
    if given.stack:
        return [read_stack(stack) for stack in given.stack]
    if given.state:
        return [read_file(file) for file in given.state]
    from policies.terraform import plan

    return [plan.read_file(file) for file in given.plan]


def _line(finding: Finding) -> str:
    from policies.report.text import visible

    name, stack = visible(finding.resource), visible(finding.stack or "stacks together")
    message = visible(finding.message)
    waived = f" Waived by {visible(finding.waiver)}" if finding.waiver else ""
    return f"{finding.verdict.upper():<9} {finding.rule:<26} {stack:<20} {name:<28} {message}{waived}"


def run(given: argparse.Namespace) -> int:
    from policies.coverage import coverage
    from policies.framework import load_all
    from policies.progress import Progress
    from policies.report.files import FORMATS, parse_formats, write
    from policies.report.text import visible

    formats = tuple(FORMATS) if given.format is None else parse_formats(given.format)
    if given.out and given.out.exists() and not given.out.is_dir():
        raise PolicyError(f"--out: {given.out} is a file; name a folder")
    if not given.out and (given.sign or given.format is not None):
        raise PolicyError("--out: is needed with --sign and --format")
    tell = Progress()
    in_force, file = read_waivers(given.waivers)
    tell("reading")
    states = _states(given)
    signer = _signer(given.sign, states) if given.sign else None
    tell(f"judging {sum(len(state.resources) for state in states):,} resources")
    drilled = drills.judged(given.drills)
    report = make_report(states, in_force, given.profile, given.jurisdiction, drilled, file)
    covered = coverage(report, load_all())
    if given.out:
        for name in write(report, covered, given.out, formats, signer, tell):
            print(f"policies: {visible(str(given.out / name))} is no file of this report", file=sys.stderr)
    _say(given, report, covered)
    return max(report.exit_code(), _waivers_hold(in_force, report))


def _signer(key: str, states: Sequence[State]) -> Signer:
    from policies import signing

    return signing.signer(key, signing.address(state.stack for state in states))


def _say(given: argparse.Namespace, report: Report, covered: Sequence[FrameworkCoverage]) -> None:
    from policies.report.text import visible

    if given.json:
        from policies.report import json_report

        print(json_report.render(report, covered), end="")
        return
    for finding in report.findings:
        if finding.verdict in _WORTH_A_LINE:
            print(_line(finding))
    for each in covered:
        print(f"{each.framework.key:<9} {each.told()}")
    if report.other_waivers:
        print(f"waivers: {visible(report.waived_by)}")
    counts = ", ".join(f"{count} {name}" for name, count in report.counts().items())
    print(f"{visible(report.title)}: {counts}")


def _waivers_hold(in_force: waivers.Waivers, report: Report) -> int:
    """1 where a waiver excuses nothing, or too much: said on standard error."""
    from policies.report.text import visible

    problems = in_force.problems(report.findings)
    for problem in problems:
        print(f"policies: {visible(str(problem))}", file=sys.stderr)
    return 1 if problems else 0
