"""The report for people: one self-contained page that prints, without scripts or outside links."""

from __future__ import annotations

from html import escape

from policies.result import Finding, Report, Verdict
from policies.rule import EstateRule, Rule, catalogue

_ORDER = (Verdict.FAILED, Verdict.WAIVED, Verdict.UNPROVEN, Verdict.PASSED, Verdict.NOT_APPLICABLE)
_STYLE = """
:root{color-scheme:light dark}
body{font:16px/1.5 system-ui,sans-serif;margin:auto;max-width:70rem;padding:1rem}
table{border-collapse:collapse;width:100%}th,td{border-bottom:1px solid #8886;padding:.4rem;text-align:left;
vertical-align:top;overflow-wrap:anywhere}
.failed{color:#b00020}.unproven,.waived{color:#8a5a00}.passed{color:#00662b}
@media(prefers-color-scheme:dark){.failed{color:#ff8a94}.unproven,.waived{color:#ffc04d}.passed{color:#6fdc96}}
@media(max-width:40rem){thead{display:none}tr,td{display:block}td{border:0}tr{border-bottom:1px solid #8886}}
"""


def _rules() -> dict[str, Rule | EstateRule]:
    return {rule.id: rule for rule in catalogue()}


def _controls(rule_id: str) -> str:
    controls = _rules()[rule_id].controls
    return escape("; ".join(f"{name} {', '.join(ids)}" for name, ids in controls.items()))


def _row(finding: Finding) -> str:
    rule = _rules()[finding.rule]
    waiver = f"<br>Waived: {escape(finding.waiver)}" if finding.waiver else ""
    return (
        f'<tr><td class="{finding.verdict}"><strong>{finding.verdict.replace("_", " ")}</strong></td>'
        f"<td>{rule.number}. {escape(rule.title)}</td><td>{escape(finding.resource or 'none')}</td>"
        f"<td>{escape(finding.message)}{waiver}</td><td>{_controls(finding.rule)}</td></tr>"
    )


def render(report: Report) -> str:
    """A complete HTML document; every value is escaped."""
    rows = sorted(report.findings, key=lambda f: (_ORDER.index(f.verdict), _rules()[f.rule].number, f.urn))
    counts = ", ".join(f"{count} {name.replace('_', ' ')}" for name, count in report.counts().items())
    digests = escape(", ".join(judged.state_sha256 for judged in report.stacks))
    facts = (
        f"Profile {escape(report.profile)}. Judged {escape(report.judged_at)}. "
        f"State SHA-256 {digests}. Commit {escape(report.commit)}."
    )
    head = "".join(
        f'<th scope="col">{name}</th>' for name in ("Verdict", "Check", "Resource", "Finding", "Controls")
    )
    return (
        '<!doctype html><html lang="en"><head><meta charset="utf-8">'
        '<meta name="viewport" content="width=device-width,initial-scale=1">'
        f"<title>Policy report: {escape(report.title)}</title><style>{_STYLE}</style></head><body><main>"
        f"<h1>Policy report: {escape(report.title)}</h1><p>{escape(counts)}.</p><p>{facts}</p>"
        f"<table><thead><tr>{head}</tr></thead><tbody>{''.join(map(_row, rows))}</tbody></table>"
        "</main></body></html>\n"
    )
