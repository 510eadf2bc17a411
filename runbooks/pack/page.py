"""`report.html`: one file without scripts, that opens anywhere and prints."""

from __future__ import annotations

import re
from collections.abc import Iterable, Sequence
from html import escape

from runbooks.pack.content import NO_LOAD, Section

_STYLE = """
:root{color-scheme:light dark;font:16px/1.5 system-ui,sans-serif}
body{max-width:70rem;margin:0 auto;padding:1rem}
h1{line-height:1.2;overflow-wrap:anywhere} h2{margin-top:2.5rem}
.scroll{overflow-x:auto} table{border-collapse:collapse;width:100%;font-size:.9rem}
th,td{text-align:left;vertical-align:top;padding:.35rem .6rem;border-bottom:1px solid #8886}
td{overflow-wrap:anywhere;min-width:4rem}
.verdict{display:inline-block;padding:.1rem .6rem;border:2px solid;border-radius:.3rem}
.passed{color:#0a7d32}.failed{color:#c01c28}.not_proven{color:#9a6700}
svg,img{max-width:100%;height:auto} figure{margin:1rem 0} figcaption{font-size:.85rem}
@media (prefers-color-scheme:dark){.passed{color:#4cc26b}.failed{color:#ff7b72}.not_proven{color:#e3b341}}
@media print{h2{break-after:avoid}tr{break-inside:avoid}}
"""
_CONTROL = re.compile(r"[\x00-\x08\x0b\x0c\x0e-\x1f\x7f-\x9f\u202a-\u202e\u2066-\u2069\ud800-\udfff]")


def _esc(text: str) -> str:
    """Escaped; characters that nobody sees or that turn text around are shown by their number."""
    return escape(_CONTROL.sub(lambda found: f"\\u{ord(found[0]):04x}", text))


def html(
    title: str, verdict: str, parts: Iterable[Section], plots: Sequence[str], legend: str, closing: str
) -> str:
    """`plots` are SVG of ours; everything else is text and is escaped."""
    figures = "".join(f"<figure>{svg}</figure>" for svg in plots)
    shown = f"{figures}<p>Stages: {_esc(legend)}</p>" if plots else f"<p>{NO_LOAD}</p>"
    return (
        '<!doctype html><html lang="en"><head><meta charset="utf-8">'
        '<meta name="viewport" content="width=device-width, initial-scale=1">'
        f"<title>{_esc(title)}</title><style>{_STYLE}</style></head><body>"
        f'<h1>{_esc(title)}</h1><p class="verdict {verdict}">{_esc(verdict.replace("_", " "))}</p>'
        f"{''.join(map(_section, parts))}<h2>Load over the run</h2>{shown}"
        f"<h2>Verification</h2><p>{_esc(closing)}</p></body></html>\n"
    )


def _section(part: Section) -> str:
    text = f"<p>{_esc(part.text)}</p>" if part.text else ""
    if not part.head:
        return f"<h2>{_esc(part.title)}</h2>{text}"
    head = "".join(f'<th scope="col">{_esc(cell)}</th>' for cell in part.head)
    rows = "".join("<tr>" + "".join(f"<td>{_esc(cell)}</td>" for cell in row) + "</tr>" for row in part.rows)
    return (
        f"<h2>{_esc(part.title)}</h2>{text}"
        f'<div class="scroll"><table><thead><tr>{head}</tr></thead><tbody>{rows}</tbody></table></div>'
    )
