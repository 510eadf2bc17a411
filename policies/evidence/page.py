"""The index for people: one self-contained page, without scripts or outside links."""

from __future__ import annotations

from collections.abc import Sequence
from html import escape
from typing import Any
from urllib.parse import quote

from policies.evidence.index import waivers_said

_STYLE = """
:root{color-scheme:light dark}
body{font:16px/1.5 system-ui,sans-serif;margin:auto;max-width:70rem;padding:1rem}
table{border-collapse:collapse;width:100%}th,td{border-bottom:1px solid #8886;padding:.4rem;text-align:left;
vertical-align:top;overflow-wrap:break-word}a{overflow-wrap:anywhere}th,.brief{white-space:nowrap}
summary{cursor:pointer;font-weight:600;padding:.3rem 0}
.not_satisfied,.failed{color:#b00020}.not_judged,.not_covered,.not_proven{color:#8a5a00}.satisfied,.passed{color:#00662b}
@media(prefers-color-scheme:dark){.not_satisfied,.failed{color:#ff8a94}
.not_judged,.not_covered,.not_proven{color:#ffc04d}.satisfied,.passed{color:#6fdc96}}
@media(max-width:40rem){thead{display:none}tr,td{display:block}td{border:0}tr{border-bottom:1px solid #8886}}
@media print{details{break-inside:avoid-page}}
"""
_POLICY = "default-src 'none'; style-src 'unsafe-inline'"


def render(index: dict[str, Any]) -> str:
    """A complete HTML document of an index; every value is escaped."""
    name = escape(index["period"]["name"])
    body = "".join((_facts(index), _reports(index), _drills(index), *map(_framework, index["frameworks"])))
    return (
        '<!doctype html><html lang="en"><head><meta charset="utf-8">'
        '<meta name="viewport" content="width=device-width,initial-scale=1">'
        f'<meta http-equiv="Content-Security-Policy" content="{_POLICY}">'
        f"<title>Evidence {name}</title><style>{_STYLE}</style></head><body><main>"
        f"<h1>Evidence {name}</h1>{body}</main></body></html>\n"
    )


def _facts(index: dict[str, Any]) -> str:
    period, access = index["period"], index["access"]
    state = (
        "The period is over."
        if index["complete"]
        else "The period is not over yet: this pack is preliminary."
    )
    reviewed = (
        f"{access['grants']} grants in {_link(access['file'])}" if access else "none: no state was given"
    )
    left = "".join(f"<li>{escape(each['what'])}: {escape(each['why'])}</li>" for each in index["left_out"])
    return (
        f"<p>From {period['first']} to {period['last']}, made {escape(index['made_at'])}. {state}</p>"
        f"<ul><li>Access review: {reviewed}</li>"
        f"<li>Waivers: {waivers_said(index)}; in {_link(index['waivers']['file'])}</li></ul>"
        + (f"<h2>Left out</h2><ul>{left}</ul>" if left else "")
    )


def _reports(index: dict[str, Any]) -> str:
    rows = [
        (_link(f"{each['folder']}/report.json", ", ".join(each["stacks"]) or "no stack"),
         _brief(escape(each["judged_at"][:19])), escape(each["commit"][:12]),
         escape(", ".join(f"{count} {name.replace('_', ' ')}" for name, count in each["counts"].items())),
         escape(each["signed_by"] or "not signed"))
        for each in index["reports"]
    ]  # fmt: skip
    return _table("Reports", ("Stacks", "Judged", "Commit", "Findings", "Signed by"), rows)


def _drills(index: dict[str, Any]) -> str:
    rows = [
        (_link(f"{each['folder']}/report.html", each["drill"]), escape(each["stack"]),
         escape(each["started"]), _status(each["verdict"]),
         escape(", ".join(f"{name} {value}" for name, value in each["measured"].items())),
         escape(each["signed_by"] or "not signed"))
        for each in index["drills"]
    ]  # fmt: skip
    return _table("Drills", ("Drill", "Stack", "Started", "Verdict", "Measured", "Signed by"), rows)


def _framework(each: dict[str, Any]) -> str:
    n = each["numbers"]
    said = (
        f"{n['controls']} controls: {n['technical']} technical ({n['covered_percent']} %), of these "
        f"{n['satisfied']} satisfied, {n['not_satisfied']} not satisfied, {n['not_judged']} not judged; "
        f"{n['inherited']} inherited, {n['process']} process, {n['not_covered']} not covered"
    )
    rows = [
        (_brief(escape(c["id"])), escape(c["title"]), _brief(_status(c["status"])), _words(c), _files(c))
        for c in each["controls"]
    ]  # fmt: skip
    head = ("Control", "Title", "Status", "Checks, artefact or document", "In this pack")
    return (
        f"<h2>{escape(each['title'])}</h2><p>{escape(each['edition'])}. {escape(each['scope'])}</p>"
        f"<details><summary>{said}</summary>{_rows(head, rows)}</details>"
    )


def _words(control: dict[str, Any]) -> str:
    texts = [control[key] for key in ("artefact", "process", "reason") if key in control]
    against = control["against"]
    checks = [f"{check} (against)" if check in against else check for check in control["checks"]]
    return escape(". ".join(filter(None, [", ".join(checks), *texts])))


def _files(control: dict[str, Any]) -> str:
    return ", ".join(map(_link, control["evidence"])) or "nothing"


def _status(status: str) -> str:
    return f'<span class="{escape(status)}">{escape(status.replace("_", " "))}</span>'


def _brief(cell: str) -> str:
    """A cell that is not broken into lines."""
    return f'<span class="brief">{cell}</span>'


def _link(path: str, text: str = "") -> str:
    return f'<a href="{escape(quote(path))}">{escape(text or path)}</a>'


def _table(title: str, head: tuple[str, ...], rows: Sequence[tuple[str, ...]]) -> str:
    return f"<h2>{title}</h2>" + (_rows(head, rows) if rows else "<p>None.</p>")


def _rows(head: tuple[str, ...], rows: Sequence[tuple[str, ...]]) -> str:
    top = "".join(f'<th scope="col">{name}</th>' for name in head)
    body = "".join(f"<tr>{''.join(f'<td>{cell}</td>' for cell in row)}</tr>" for row in rows)
    return f"<table><thead><tr>{top}</tr></thead><tbody>{body}</tbody></table>"
