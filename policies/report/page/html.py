"""HTML from text: everything that is not markup of ours is escaped."""

from __future__ import annotations

from collections.abc import Sequence
from html import escape as _escape

from policies.report.known import words
from policies.report.text import visible


def esc(text: object) -> str:
    """Visible and escaped, for text and for quoted attributes."""
    return _escape(visible(str(text)))


def number(value: int) -> str:
    return f"{value:,}"


def plural(value: int, noun: str) -> str:
    return f"{number(value)} {noun}" + ("" if value == 1 else "s")


def badge(verdict: str) -> str:
    return f'<span class="badge {verdict}">{words(verdict)}</span>'


PATTERN = (
    '<svg class="hide" aria-hidden="true"><defs><pattern id="stripes" patternUnits="userSpaceOnUse" '
    'width="1.2" height="1"><rect class="b-stripe" width=".5" height="1"/></pattern></defs></svg>'
)
"""Once in a page: the stripes of what is not satisfied."""


def piece(name: str, at: float = 0.0, wide: float = 1.0) -> str:
    """A part of a bar, or of its key: told apart by shape as well as by colour."""
    place = f'x="{at:.3f}" width="{wide:.3f}"'
    if name == "not_judged":
        return f'<rect class="b-{name}" {place} y=".3" height=".4"/>'
    drawn = f'<rect class="b-{name}" {place} height="1"/>'
    return drawn + (f'<rect fill="url(#stripes)" {place} height="1"/>' if name == "not_satisfied" else "")


def token(text: str) -> str:
    """A type, escaped, that breaks between its parts and not inside a word."""
    return esc(text).replace(":", ":<wbr>").replace("/", "/<wbr>")


def bar(parts: Sequence[tuple[str, int]], label: str) -> str:
    """One line divided by numbers; `label` says them to those who do not see it."""
    total = sum(value for _, value in parts) or 1
    at, drawn = 0.0, []
    for name, value in parts:
        wide = 100 * value / total
        if value:
            drawn.append(piece(name, at, wide))
        at += wide
    return (
        '<svg class="bar" viewBox="0 0 100 1" preserveAspectRatio="none" role="img" '
        f'aria-label="{esc(label)}">{"".join(drawn)}</svg>'
    )


def head(*columns: str) -> str:
    """A table's head; a name that begins with `#` is a column of numbers."""
    cells = (
        f'<th scope="col" role="columnheader"{" class=n" if name[0] == "#" else ""}>{name.lstrip("#")}</th>'
        for name in columns
    )
    return f'<thead role="rowgroup"><tr role="row">{"".join(cells)}</tr></thead>'
