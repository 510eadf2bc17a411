"""Coverage: a framework a part that opens, a control a row, with who answers for it and what was found."""

from __future__ import annotations

from collections.abc import Sequence

from policies.coverage import ControlCoverage, FrameworkCoverage, Status
from policies.framework import Control, Responsibility
from policies.report.known import ORDER, rules, words
from policies.report.page.html import PATTERN, bar, esc, head, number, piece
from policies.report.page.summary import show

_LABELS = {
    Responsibility.TECHNICAL: "with checks",
    Responsibility.INHERITED: "inherited from Google Cloud",
    Responsibility.PROCESS: "a process of the organisation",
    Responsibility.NOT_COVERED: "not covered",
}
_SHARES = {
    Status.SATISFIED: "satisfied",
    Status.NOT_SATISFIED: "not satisfied",
    Status.NOT_JUDGED: "not judged here",
    Status.INHERITED: _LABELS[Responsibility.INHERITED],
    Status.PROCESS: _LABELS[Responsibility.PROCESS],
    Status.NOT_COVERED: _LABELS[Responsibility.NOT_COVERED],
}
_BADGES = {
    Status.SATISFIED: ("passed", "satisfied"),
    Status.NOT_SATISFIED: ("failed", "not satisfied"),
    Status.NOT_JUDGED: ("not_applicable", "not judged"),
    Status.INHERITED: ("not_applicable", "inherited"),
    Status.PROCESS: ("not_applicable", "process"),
    Status.NOT_COVERED: ("unproven", "not covered"),
}


def coverage(all_of_it: Sequence[FrameworkCoverage]) -> str:
    key = "".join(
        f'<li><svg viewBox="0 0 1 1" aria-hidden="true">{piece(each)}</svg>{label}</li>'
        for each, label in _SHARES.items()
    )
    return f'{PATTERN}<ul class="key">{key}</ul>' + "".join(map(_framework, all_of_it))


def _framework(covered: FrameworkCoverage) -> str:
    framework = covered.framework
    parts = [(each.value, covered.count(each)) for each in _SHARES]
    told = ", ".join(f"{count} {_SHARES[Status(name)]}" for name, count in parts)
    others = ", ".join(f"{count} {_SHARES[Status(name)]}" for name, count in parts[3:])
    names = {check: rule.number for check, rule in rules().items()}
    rows = "".join(_control(each, framework.key, names) for each in covered.controls)
    return (
        f'<details class="framework" id="framework-{esc(framework.key)}"><summary>'
        f"<h3>{esc(framework.title)}</h3>{bar(parts, told)}"
        f'<span class="pct">{covered.covered:g}&#8239;%</span>'
        f'<span class="split">{esc(covered.told().capitalize())}; the others: {others}</span></summary>'
        f'<div class="body"><p class="muted">{esc(framework.edition)}. {esc(framework.scope)} '
        f"<span>Source: {esc(framework.source)}</span></p>"
        f'<table class="cards" role="table">{head("Control", "Title", "Status", "Responsibility and checks")}'
        f'<tbody role="rowgroup">{rows}</tbody></table></div></details>'
    )


def _control(covered: ControlCoverage, framework: str, names: dict[str, int]) -> str:
    control = covered.control
    shade, status = _BADGES[covered.status]
    return (
        f'<tr role="row"><th scope="row" role="rowheader">{esc(control.id)}</th>'
        f'<td role="cell">{esc(control.title)}</td>'
        f'<td role="cell"><span class="badge {shade}">{status}</span>{_part(covered)}</td>'
        f'<td role="cell">{_who(covered, framework, names)}</td></tr>'
    )


def _part(covered: ControlCoverage) -> str:
    if not covered.in_part:
        return ""
    judged = len(covered.control.checks) - len(covered.silent)
    return f'<p class="sev">in part: {judged} of its {len(covered.control.checks)} checks judged anything</p>'


def _who(covered: ControlCoverage, framework: str, names: dict[str, int]) -> str:
    control = covered.control
    also = f'<p class="sev">{esc(control.addition)}</p>' if control.addition else ""
    if control.responsibility is Responsibility.TECHNICAL and control.process:
        also += f'<p class="sev">And a process: {esc(control.process)}</p>'
    if control.responsibility is not Responsibility.TECHNICAL:
        return f"{_LABELS[control.responsibility].capitalize()}: {esc(_proof(control))}{also}"
    checks = "".join(
        f'<li><a href="#findings" {show(check=check)}>{names.get(check, "")} {esc(check)}</a>'
        f"{_said(covered, check)}</li>"
        for check in control.checks
    )
    counts = ", ".join(f"{number(covered.verdicts[v])} {words(v)}" for v in ORDER if covered.verdicts.get(v))
    said = counts or "no findings"
    link = f'<a href="#findings" {show(framework=framework, control=control.id)}>{said}</a>'
    return f'<ul class="inline">{checks}</ul><p class="sev">{link}</p>{also}'


def _said(covered: ControlCoverage, check: str) -> str:
    if check in covered.against:
        return " (not satisfied)"
    return " (judged nothing here)" if check in covered.silent else ""


def _proof(control: Control) -> str:
    return control.artefact or control.process or control.reason
