"""The report for people: one self-contained page with coverage, filters and every finding.

It loads nothing. Its policy allows its own script and style by their hashes and no other; text from
resources is data in the page or escaped. Without scripts, and in print, the findings are a table up to
`BOUND` rows.
"""

from __future__ import annotations

import base64
import hashlib
from collections.abc import Sequence
from functools import cache
from pathlib import Path

from policies.coverage import FrameworkCoverage
from policies.report.known import ORDER, SEVERITIES, in_order, words
from policies.report.page import frameworks, rows, summary
from policies.report.page.data import payload, script
from policies.report.page.html import esc
from policies.report.text import encodable
from policies.result import Report

_PARTS = Path(__file__).parent / "page"


@cache
def _part(name: str) -> str:
    return (_PARTS / name).read_text()


def _hash(text: str) -> str:
    return "sha256-" + base64.b64encode(hashlib.sha256(text.encode()).digest()).decode()


def _policy() -> str:
    style, code = _hash(_part("page.css")), _hash(_part("page.js"))
    return (
        f"default-src 'none'; script-src '{code}'; style-src '{style}'; base-uri 'none'; form-action 'none'"
    )


def _head(report: Report) -> str:
    return (
        '<!doctype html><html lang="en"><head><meta charset="utf-8">'
        f'<meta http-equiv="Content-Security-Policy" content="{_policy()}">'
        '<meta name="viewport" content="width=device-width,initial-scale=1">'
        '<meta name="referrer" content="no-referrer">'
        f"<title>Policy report: {esc(summary.name(report))}</title><style>{_part('page.css')}</style></head>"
    )


def _select(name: str, label: str, first: str, values: Sequence[str] = ()) -> str:
    options = "".join(f'<option value="{value}">{value}</option>' for value in values)
    return (
        f'<div><label for="f-{name}">{label}</label><select id="f-{name}"><option value="">{first}</option>'
        f"{options}</select></div>"
    )


def _filters() -> str:
    chips = "".join(
        f'<button type="button" class="chip" data-verdict="{verdict}" aria-pressed="false">'
        f"{words(verdict)} <b></b></button>"
        for verdict in ORDER
    )
    return (
        '<div class="filters" role="search" aria-label="Filter the findings" data-scripted hidden>'
        '<div class="wide"><label for="f-text">Text</label>'
        '<input id="f-text" type="search" autocomplete="off" spellcheck="false" '
        'placeholder="Resource, property, check, control"></div>'
        + _select("severity", "Severity", "All severities", SEVERITIES)
        + _select("stack", "Stack", "All stacks")
        + _select("framework", "Framework", "All frameworks")
        + _select("control", "Control", "Choose a framework")
        + _select("check", "Check", "All checks")
        + f'<fieldset><legend>Verdict</legend>{chips}<button type="button" class="plain" id="clear">'
        "Clear filters</button></fieldset></div>"
    )


def _pager(label: str) -> str:
    return (
        f'<div class="pager" role="group" aria-label="{label}" data-scripted hidden>'
        '<button type="button">Previous</button><span></span><button type="button">Next</button></div>'
    )


def _findings(report: Report) -> str:
    return (
        f'<section id="findings" aria-labelledby="h-findings"><h2 id="h-findings">Findings</h2>{_filters()}'
        '<div class="line" data-scripted hidden><output id="count" role="status" aria-live="polite"></output>'
        f'{_pager("Pages, above the findings")}</div><p id="rest" class="line" hidden></p>'
        '<table class="findings cards" role="table" aria-labelledby="h-findings" data-scripted hidden>'
        f'{rows.HEAD}<tbody id="rows" role="rowgroup"></tbody></table>'
        f'<div class="line">{_pager("Pages, below the findings")}</div>'
        f"<noscript>{rows.static(in_order(report.findings))}</noscript></section>"
    )


def _sections(report: Report, coverage: Sequence[FrameworkCoverage]) -> str:
    covered = frameworks.coverage(coverage) if coverage else '<p class="muted">No framework was given.</p>'
    return (
        '<section id="summary" aria-labelledby="h-summary"><h2 id="h-summary">Summary</h2>'
        f"{summary.tiles(report)}"
        f'<div class="two"><div>{summary.stacks(report)}</div><div>{summary.severities(report)}</div></div>'
        f"{summary.unjudged(report.stacks)}</section>"
        '<section id="coverage" aria-labelledby="h-coverage"><h2 id="h-coverage">Coverage by framework</h2>'
        f"{covered}</section>{_findings(report)}"
    )


def render(report: Report, coverage: Sequence[FrameworkCoverage] = ()) -> str:
    """A complete HTML document."""
    links = {"summary": "Summary", "coverage": "Coverage", "findings": "Findings", "about": "About"}
    listed = "".join(f'<li><a href="#{name}">{label}</a></li>' for name, label in links.items())
    data = script(payload(in_order(report.findings), coverage))
    return encodable(
        f'{_head(report)}<body><a class="skip" href="#findings">Skip to the findings</a>'
        f"{summary.top(report, coverage)}"
        f'<nav class="sections" aria-label="Sections"><div class="wrap"><ul>{listed}</ul></div></nav>'
        f'<main class="wrap">{_sections(report, coverage)}</main>{summary.bottom(report)}'
        f'<script type="application/json" id="data">{data}</script>'
        f"<script>{_part('page.js')}</script></body></html>\n"
    )
