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


def bar(parts: Sequence[tuple[str, int]], label: str) -> str:
    """One line divided by numbers; `label` says them to those who do not see it."""
    total = sum(value for _, value in parts) or 1
    at, drawn = 0.0, []
    for name, value in parts:
        wide = 100 * value / total
        if value:
            drawn.append(f'<rect class="b-{name}" x="{at:.3f}" width="{wide:.3f}" height="1"/>')
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
