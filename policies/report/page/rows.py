"""The findings as a static table, for a browser without scripts."""

from __future__ import annotations

from collections.abc import Sequence

from policies.report.known import AnyRule, remark, rules
from policies.report.page.data import BOUND
from policies.report.page.html import badge, esc, head, number, token
from policies.report.text import absent
from policies.result import Finding, Verdict

HEAD = "<colgroup><col class=c1><col class=c2><col class=c3><col></colgroup>" + head(
    "Verdict", "Check", "Resource", "Finding"
)
_SHOWN = (Verdict.FAILED, Verdict.WAIVED)


def static(findings: Sequence[Finding], bound: int = BOUND) -> str:
    """The first findings up to the bound, and where the rest is."""
    known = rules()
    rows = "".join(_row(each, known[each.rule]) for each in findings[:bound])
    rest = "" if len(findings) <= bound else (
        f'<p class="line">The first {number(bound)} of {number(len(findings))} findings; the rest is in '
        "report.json, and here in a browser with scripts.</p>"
    )  # fmt: skip
    body = f'<tbody role="rowgroup">{rows}</tbody>'
    return f'{rest}<table class="findings cards" role="table">{HEAD}{body}</table>'


def _row(f: Finding, rule: AnyRule) -> str:
    where = f'<p class="name"><bdi>{esc(f.resource)}</bdi></p><p class="id"><code>{token(f.type)}</code></p>'
    if not f.resource:
        where = '<p class="id">no resource</p>'
    return (
        f'<tr role="row"><td role="cell">{badge(f.verdict)}'
        f'<div class="sev {rule.severity}">{rule.severity}</div></td>'
        f'<td role="cell"><p>{esc(rule.title)}</p><p class="id">{rule.number} · {esc(rule.id)}</p></td>'
        f'<td role="cell">{where}<p class="id">{esc(f.stack)}</p></td>'
        f'<td role="cell">{_said(f, rule)}</td></tr>'
    )


def _said(f: Finding, rule: AnyRule) -> str:
    told = remark(f, rule)
    parts = [f"<p>{esc(told or 'Holds.')}</p>"] if told or not f.path else []
    if f.path:
        value = f" is <code>{esc(absent(f.seen))}</code>" if f.verdict in _SHOWN else ""
        parts.append(f'<p class="note"><b>Seen</b><code>{esc(f.path)}</code>{value}</p>')
    if f.waiver:
        parts.append(f'<p class="note"><b>Waiver</b>{esc(f.waiver)}</p>')
    if f.verdict in _SHOWN:
        parts.append(f'<p class="note"><b>Remedy</b>{esc(rule.remedy)}</p>')
    controls = "; ".join(f"{name} {', '.join(dict.fromkeys(ids))}" for name, ids in rule.controls.items())
    parts.append(f'<p class="note"><b>Controls</b>{esc(controls)}</p>')
    return "".join(parts)
