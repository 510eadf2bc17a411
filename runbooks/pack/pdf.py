"""`report.pdf`: the same report for people who file it."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from datetime import datetime
from io import BytesIO

from fpdf import FPDF
from fpdf.enums import XPos, YPos

from runbooks.pack.content import NO_LOAD, Section

_FONT = "Helvetica"


class _Pages(FPDF):
    def footer(self) -> None:
        self.set_y(-12)
        self.set_font(_FONT, size=8)
        self.cell(0, 6, f"Page {self.page_no()}", align="C")


def pdf(
    title: str, parts: Iterable[Section], plots: Sequence[bytes], legend: str, closing: str, when: datetime
) -> bytes:
    """Pages as text that can be searched (not compressed); `plots` are PNG; `when` dates the document."""
    pages = _Pages(orientation="portrait", format="A4")
    pages.set_compression(False)
    pages.set_creation_date(when)
    pages.set_title(_latin(title))
    pages.set_auto_page_break(True, margin=16)
    pages.add_page()
    _text(pages, title, 16, "B")
    for part in parts:
        _text(pages, part.title, 12, "B", before=4)
        if part.text:
            _text(pages, part.text, 9)
        if part.head:
            _table(pages, part)
    _text(pages, "Load over the run", 12, "B", before=4)
    for plot in plots:
        pages.image(BytesIO(plot), w=pages.epw)
    _text(pages, f"Stages: {legend}" if plots else NO_LOAD, 9)
    _text(pages, "Verification", 12, "B", before=4)
    _text(pages, closing, 9)
    return bytes(pages.output())


def _text(pages: FPDF, text: str, size: int, style: str = "", before: float = 0) -> None:
    pages.ln(before)
    pages.set_font(_FONT, style=style, size=size)
    pages.multi_cell(0, size * 0.5, _latin(text), align="L", new_x=XPos.LMARGIN, new_y=YPos.NEXT)


def _table(pages: FPDF, part: Section) -> None:
    pages.set_font(_FONT, size=7)
    with pages.table(col_widths=_widths(part), line_height=3.6, padding=0.6, text_align="LEFT") as table:
        for row in (part.head, *part.rows):
            cells = table.row()
            for cell in row:
                cells.cell(_latin(cell))


def _widths(part: Section) -> tuple[int, ...]:
    """Columns by their longest cell, within bounds."""
    columns = zip(part.head, *part.rows, strict=True)
    return tuple(min(max(11, max(map(len, column))), 45) for column in columns)


def _latin(text: str) -> str:
    """The standard fonts have western letters only; others are shown by their number, as in JSON."""
    plain = text.replace("…", "...").replace("\u2019", "'")
    return "".join(
        letter if letter.isprintable() or letter == "\n" else f"\\u{ord(letter):04x}"
        for letter in plain.encode("latin-1", "backslashreplace").decode("latin-1")
    )
