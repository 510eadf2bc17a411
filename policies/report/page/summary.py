"""The page's beginning and end: what was judged, the answer, the numbers, and where it all came from."""

from __future__ import annotations

import json
from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from datetime import UTC, datetime

from policies.coverage import FrameworkCoverage
from policies.report.known import ORDER, SEVERITIES, TOGETHER, rules, words
from policies.report.page.html import bar, esc, head, number, plural, token
from policies.result import Judged, Report, Verdict

_FEW = 3
_ATTENTION = (Verdict.FAILED, Verdict.UNPROVEN, Verdict.WAIVED)
_MEANING = {
    Verdict.FAILED: "the control is not met",
    Verdict.UNPROVEN: "not known, so never counted as met",
    Verdict.WAIVED: "not met; somebody answers for it until a date",
    Verdict.PASSED: "the control is met",
    Verdict.NOT_APPLICABLE: "the control does not apply",
}


def name(report: Report) -> str:
    """What the report is about: the stacks, or how many there are."""
    return report.title if len(report.stacks) <= _FEW else plural(len(report.stacks), "stack")


def moment(judged_at: str) -> str:
    """A time for people, in UTC."""
    return datetime.fromisoformat(judged_at).astimezone(UTC).strftime("%Y-%m-%d %H:%M UTC")


def _answer(report: Report) -> str:
    failed = [f for f in report.findings if f.verdict is Verdict.FAILED]
    counts = report.counts()
    rest = [f"{plural(counts['waived'], 'failure')} waived"] if counts["waived"] else []
    rest += [f"{plural(counts['unproven'], 'finding')} could not be proven"] if counts["unproven"] else []
    also = f"; {', '.join(rest)}" if rest else ""
    if failed:
        checks = plural(len({f.rule for f in failed}), "check")
        verb = "fails" if len({f.rule for f in failed}) == 1 else "fail"
        places = plural(len({(f.stack, f.urn) for f in failed}), "resource")
        return f'<p class="answer bad">{checks} {verb} on {places}{also}</p>'
    if also:
        return f'<p class="answer">Nothing fails{also}</p>'
    return '<p class="answer good">Nothing fails, nothing is unproven</p>'


def _why(report: Report, coverage: Sequence[FrameworkCoverage]) -> str:
    """Why controls are not satisfied where hardly anything, or nothing, fails."""
    against = sum(each.not_satisfied for each in coverage)
    if not against or not any(f.verdict in (Verdict.UNPROVEN, Verdict.WAIVED) for f in report.findings):
        return ""
    reason = "a waived failure or an unproven value is not satisfied, as one with a failure is not"
    return f'<p class="why">{plural(against, "control")} not satisfied: a control with {reason}.</p>'


def top(report: Report, coverage: Sequence[FrameworkCoverage] = ()) -> str:
    facts = {
        "Profile": report.profile or "not said",
        "Jurisdiction": ", ".join(sorted({each.jurisdiction for each in report.stacks} - {""})) or "not said",
        "Judged": moment(report.judged_at),
        "Resources": number(sum(each.resources for each in report.stacks)),
        "Pack": f"{report.pack_version} ({report.commit[:12]})",
    }
    listed = "".join(f"<div><dt>{key}</dt><dd>{esc(value)}</dd></div>" for key, value in facts.items())
    return (
        '<header class="top"><div class="wrap"><p class="eyebrow">Careplane policy report</p>'
        f"<h1>{esc(name(report))}</h1>{_answer(report)}{_why(report, coverage)}"
        f'<dl class="facts">{listed}</dl></div></header>'
    )


def tiles(report: Report) -> str:
    counts = report.counts()
    shown = "".join(
        f'<div class="tile {verdict}"><b>{number(counts[verdict])}</b>'
        f"<span>{words(verdict).capitalize()}</span><small>{_MEANING[verdict]}</small></div>"
        for verdict in ORDER
    )
    told = ", ".join(f"{number(counts[verdict])} {words(verdict)}" for verdict in ORDER)
    return f'<div class="tiles">{shown}</div>' + bar([(v, counts[v]) for v in ORDER], told)


def severities(report: Report) -> str:
    known = rules()
    pairs = ((str(known[f.rule].severity), f.verdict) for f in report.findings if f.verdict in _ATTENTION)
    seen = Counter(pairs)
    rows = "".join(
        f'<tr><th scope="row">{severity}</th>'
        + "".join(f'<td class="n">{_link(seen[severity, v], severity, v)}</td>' for v in _ATTENTION)
        + "</tr>"
        for severity in SEVERITIES
    )
    columns = head("Severity", *(f"#{words(verdict).capitalize()}" for verdict in _ATTENTION))
    return f"<table><caption>Needs attention</caption>{columns}<tbody>{rows}</tbody></table>"


def show(**filters: str) -> str:
    """The attribute by which the script filters the findings; without a script it is a link to them."""
    return f'data-show="{esc(json.dumps(filters))}"'


def _link(count: int, severity: str, verdict: Verdict) -> str:
    if not count:
        return "0"
    label = f"{number(count)} {words(verdict)}, {severity}"
    chosen = show(severity=severity, verdict=verdict)
    return f'<a href="#findings" {chosen} aria-label="{label}">{number(count)}</a>'


def stacks(report: Report) -> str:
    seen = Counter((f.stack, f.verdict) for f in report.findings)
    rows = "".join(_stack(each, seen) for each in report.stacks)
    rows += _together(seen, {each.stack for each in report.stacks})
    columns = head("Stack", "Kind", "#Resources", *(f"#{words(v).capitalize()}" for v in ORDER))
    return (
        f'<table class="cards" role="table"><caption>Stacks</caption>{columns}'
        f'<tbody role="rowgroup">{rows}</tbody></table>'
    )


def _stack(judged: Judged, seen: Counter[tuple[str, Verdict]]) -> str:
    cells = _numbers({v: seen[judged.stack, v] for v in ORDER}, number(judged.resources))
    return (
        f'<tr role="row"><th scope="row" role="rowheader">'
        f'<a href="#findings" {show(stack=judged.stack)}>{esc(judged.stack)}</a></th>'
        f'<td role="cell" data-label="Kind">{esc(judged.kind or "not said")}</td>{cells}</tr>'
    )


def _together(seen: Counter[tuple[str, Verdict]], stacks: set[str]) -> str:
    """The findings that are of no single stack, so that the rows add up to the numbers above them."""
    counts = {v: sum(n for (stack, of), n in seen.items() if of is v and stack not in stacks) for v in ORDER}
    if not any(counts.values()):
        return ""
    return (
        f'<tr role="row"><th scope="row" role="rowheader">{TOGETHER}</th>'
        f'<td role="cell" data-label="Kind">checks between stacks</td>{_numbers(counts, "")}</tr>'
    )


def _numbers(counts: Mapping[Verdict, int], resources: str) -> str:
    cells = [("Resources", resources)]
    cells += [(words(verdict).capitalize(), number(counts[verdict])) for verdict in ORDER]
    return "".join(
        f'<td role="cell" class="n" data-label="{key}">{value}</td>' if value else '<td role="cell"></td>'
        for key, value in cells
    )


def unjudged(judged: Iterable[Judged]) -> str:
    """What no rule is about: listed, so that nobody takes it for passed."""
    found: Counter[str] = Counter()
    for each in judged:
        found.update(dict(each.unjudged))
    if not found:
        return '<p class="muted sub">Every resource is of a type that at least one check is about.</p>'
    listed = "".join(f"<li><code>{token(t)}</code> {number(n)}</li>" for t, n in sorted(found.items()))
    return (
        f'<details class="more sub"><summary>{plural(sum(found.values()), "resource")} of '
        f"{plural(len(found), 'type')} that no check is about: neither passed nor failed</summary>"
        f'<ul class="inline">{listed}</ul></details>'
    )


def bottom(report: Report) -> str:
    facts = {
        "Judged": esc(report.judged_at),
        "Policy pack": esc(f"careplane-policies {report.pack_version}"),
        "Commit": f"<code>{esc(report.commit)}</code>",
        "Profile": esc(report.profile or "not said"),
        "Waivers": esc(f"{len(report.waivers)} in force, from {report.waived_by}"),
    }
    listed = "".join(f"<dt>{key}</dt><dd>{value}</dd>" for key, value in facts.items())
    listed += "".join(
        f"<dt>State of {esc(each.stack)}</dt><dd><code>sha256:{esc(each.state_sha256)}</code></dd>"
        for each in report.stacks
    )
    return (
        f'<footer id="about"><div class="wrap"><h2>About this report</h2><dl>{listed}</dl>'
        "<p>The report lies beside manifest.json, which holds the SHA-256 of every file, and, where it was "
        "signed, manifest.sig.json. To check it without a network: "
        "<code>python -m policies verify FOLDER --key PUBLIC_KEY.pem</code>.</p></div></footer>"
    )
