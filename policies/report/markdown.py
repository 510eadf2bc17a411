"""A summary in Markdown, short enough for a comment on a pull request."""

from __future__ import annotations

import re
from collections.abc import Iterable, Sequence
from itertools import groupby

from policies.coverage import FrameworkCoverage
from policies.report.known import ORDER, TOGETHER, in_order, remark, rules, words
from policies.report.text import absent, line
from policies.result import Finding, Judged, Report, Verdict

LIMIT = 60_000
"""Characters: GitHub refuses a comment of more than 65,536."""
_PER_CHECK = 10
_PIPES = re.compile(r"\\*\|")
_TICKS = re.compile("`+")
_LONGEST = 300


def cell(text: str) -> str:
    """Text that others wrote, as code in a table's cell: no markup, no link, no mention, one line."""
    shown = line(text, "-")
    shown = shown if len(shown) <= _LONGEST else shown[: _LONGEST - 1] + "…"
    fence = "`" * (1 + max((len(run) for run in _TICKS.findall(shown)), default=0))
    space = " " if "`" in (shown[0], shown[-1]) else ""
    return f"{fence}{space}{_PIPES.sub(_pipe, shown)}{space}{fence}"


def _pipe(found: re.Match[str]) -> str:
    # GitHub takes `\|` for a pipe, and `\\|` for a backslash and the end of the cell.
    before = found.group()[:-1]
    return f"{before}\\u{{7c}}" if before else "\\|"


def table(columns: Sequence[str], rows: Iterable[Sequence[str]]) -> list[str]:
    """A table; a column that begins with `#` holds numbers."""
    ruler = ["---:" if name.startswith("#") else "---" for name in columns]
    lines = [[name.lstrip("#") for name in columns], ruler, *rows]
    return [f"| {' | '.join(cells)} |" for cells in lines] + [""]


def _stacks(report: Report) -> list[str]:
    found = {judged.stack: dict.fromkeys(ORDER, 0) for judged in report.stacks}
    together = dict.fromkeys(ORDER, 0)
    for f in report.findings:
        found.get(f.stack, together)[f.verdict] += 1
    rows = [_stack(judged, found[judged.stack]) for judged in report.stacks]
    if any(together.values()):
        rows.append([TOGETHER, "", "", *(f"{together[verdict]:,}" for verdict in ORDER), ""])
    columns = ["Stack", "Profile", "#Resources", *(f"#{words(v)}" for v in ORDER), "State SHA-256"]
    return table(columns, rows)


def _stack(judged: Judged, counts: dict[Verdict, int]) -> list[str]:
    numbers = [f"{counts[verdict]:,}" for verdict in ORDER]
    digest = f"`{judged.state_sha256[:16]}`"
    return [cell(judged.stack), cell(judged.profile), f"{judged.resources:,}", *numbers, digest]


def _coverage(coverage: Sequence[FrameworkCoverage]) -> list[str]:
    if not coverage:
        return []
    columns = [
        "Framework", "#Controls", "#With checks", "#Satisfied", "#of them in part", "#Not satisfied",
        "#Not judged",
        "#Inherited", "#Process", "#Not covered",
    ]  # fmt: skip
    rows = []
    for each in coverage:
        n = each.numbers()
        judged = f"{n['technical']} ({each.covered:g} %)"
        rest = [n[key] for key in _NUMBERS]
        rows.append([each.framework.title, str(n["controls"]), judged, *map(str, rest)])
    part = (
        "A control is satisfied in part where some of its checks judged nothing here; one with a waived "
        "failure or an unproven value is not satisfied."
    )
    return ["## Coverage", "", *table(columns, rows), part, ""]


_NUMBERS = (
    "satisfied", "satisfied_in_part", "not_satisfied", "not_judged", "inherited", "process", "not_covered",
)  # fmt: skip


def _group(findings: Sequence[Finding]) -> list[str]:
    rule = rules()[findings[0].rule]
    lines = [f"### {rule.number}. {rule.title} ({rule.severity})", "", rule.remedy, ""]
    lines += table(
        ("Resource", "Stack", "Seen"),
        ([cell(f.resource), cell(f.stack), _seen(f)] for f in findings[:_PER_CHECK]),
    )
    if len(findings) > _PER_CHECK:
        lines[-1:] = ["", f"and {len(findings) - _PER_CHECK:,} more resources.", ""]
    return lines


def _seen(f: Finding) -> str:
    told = remark(f, rules()[f.rule]) or f"{f.path} is {absent(f.seen)}"
    return cell(f"{told}; {f.waiver}" if f.waiver else told)


def _of(report: Report, verdict: Verdict) -> list[str]:
    chosen = in_order(f for f in report.findings if f.verdict is verdict)
    if not chosen:
        return []
    lines = [f"## {words(verdict).capitalize()}", ""]
    for _, group in groupby(chosen, key=lambda f: f.rule):
        lines += _group(list(group))
    return lines


def _answer(report: Report) -> str:
    counts = report.counts()
    told = ", ".join(f"{counts[verdict]:,} {words(verdict)}" for verdict in ORDER)
    return f"**{'Failed' if report.exit_code() else 'Nothing failed'}**: {told}."


def _unjudged(report: Report) -> list[str]:
    types: dict[str, int] = {}
    for judged in report.stacks:
        for token, count in judged.unjudged:
            types[token] = types.get(token, 0) + count
    if not types:
        return []
    rows = [[cell(token), str(count)] for token, count in sorted(types.items())]
    return ["## Not judged", "", "No check is about these types: neither passed nor failed.", "",
            *table(("Type", "#Resources"), rows)]  # fmt: skip


def render(report: Report, coverage: Sequence[FrameworkCoverage] = ()) -> str:
    """Numbers first, then what failed, is unproven or waived, up to `LIMIT` characters."""
    lines = ["# Policy report", "", _answer(report), "", *_stacks(report), *_coverage(coverage)]
    for verdict in (Verdict.FAILED, Verdict.UNPROVEN, Verdict.WAIVED):
        lines += _of(report, verdict)
    origin = (
        f"Judged {report.judged_at} by policy pack {report.pack_version}, "
        f"commit {line(report.commit, 'unknown')[:40]}. Waivers: {cell(report.waived_by)}."
    )
    return _bounded([*lines, *_unjudged(report)], [origin, ""])


def _bounded(lines: list[str], end: list[str]) -> str:
    """Cut at a line; the end, which says where it all came from, is always there."""
    tail = "\n".join(end)
    text = "\n".join(lines)
    if len(text) + len(tail) + 1 <= LIMIT:
        return f"{text}\n{tail}"
    cut = "The rest is in report.html and report.json."
    kept = text[: LIMIT - len(tail) - len(cut) - 4].rsplit("\n", 1)[0]
    return f"{kept}\n\n{cut}\n\n{tail}"
