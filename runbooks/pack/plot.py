"""A line over the run, as SVG for the page and PNG for everything else; no text in it is from outside."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from html import escape
from io import BytesIO
from math import ceil, log10

from PIL import Image, ImageDraw

_WIDE, _HIGH = 900, 320
_LEFT, _RIGHT, _TOP, _BOTTOM = 70, 20, 46, 46
_INK, _GRID, _LINE, _MARK = "#1f2933", "#d9dee3", "#0b5cad", "#b3541e"


@dataclass(frozen=True)
class Plot:
    """Points are (seconds since the run began, value); marks are (seconds, number of the stage)."""

    title: str
    unit: str
    points: Sequence[tuple[float, float]]
    marks: Sequence[tuple[float, str]] = ()
    line: bool = True

    @property
    def _longest(self) -> float:
        return max([at for at, _ in self.points] + [at for at, _ in self.marks] + [1.0])

    @property
    def _highest(self) -> float:
        return _round_up(max([value for _, value in self.points] + [1e-9]))

    def _at(self, second: float, value: float) -> tuple[float, float]:
        x = _LEFT + (_WIDE - _LEFT - _RIGHT) * second / self._longest
        y = _HIGH - _BOTTOM - (_HIGH - _TOP - _BOTTOM) * value / self._highest
        return round(x, 1), round(y, 1)

    def _ticks(self) -> tuple[list[float], list[float]]:
        return [self._longest * n / 6 for n in range(7)], [self._highest * n / 4 for n in range(5)]

    def svg(self) -> str:
        seconds, values = self._ticks()
        drawn = [f'<text x="{_LEFT}" y="20" font-size="15" font-weight="bold">{escape(self.title)}</text>']
        for value in values:
            _, y = self._at(0, value)
            drawn.append(f'<path d="M{_LEFT} {y}H{_WIDE - _RIGHT}" stroke="{_GRID}"/>')
            drawn.append(f'<text x="{_LEFT - 8}" y="{y + 4}" text-anchor="end">{value:g}</text>')
        for second in seconds:
            x, _ = self._at(second, 0)
            drawn.append(f'<text x="{x}" y="{_HIGH - 26}" text-anchor="middle">{round(second, 1):g}</text>')
        for number, (second, _) in enumerate(self.marks, 1):
            x, _ = self._at(second, 0)
            drawn.append(
                f'<path d="M{x} {_TOP - 8}V{_HIGH - _BOTTOM}" stroke="{_MARK}" stroke-dasharray="3 3"/>'
            )
            drawn.append(f'<text x="{x + 3}" y="{_TOP - 2}" fill="{_MARK}">{number}</text>')
        places = [self._at(*point) for point in self.points]
        if self.line and places:
            path = " ".join(f"{x},{y}" for x, y in places)
            drawn.append(f'<polyline points="{path}" fill="none" stroke="{_LINE}" stroke-width="1.5"/>')
        drawn += [f'<circle cx="{x}" cy="{y}" r="2" fill="{_LINE}"/>' for x, y in places if not self.line]
        drawn.append(
            f'<text x="{_LEFT}" y="{_HIGH - 8}">seconds since the run began; {escape(self.unit)}</text>'
        )
        return (
            f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {_WIDE} {_HIGH}" role="img" '
            f'aria-label="{escape(self.title)}" font-family="sans-serif" font-size="12" fill="{_INK}">'
            f'<rect width="{_WIDE}" height="{_HIGH}" fill="white"/>{"".join(drawn)}</svg>\n'
        )

    def png(self) -> bytes:
        image = Image.new("RGB", (_WIDE, _HIGH), "white")
        draw = ImageDraw.Draw(image)
        draw.text((_LEFT, 8), self.title, fill=_INK)
        seconds, values = self._ticks()
        for value in values:
            _, y = self._at(0, value)
            draw.line((_LEFT, y, _WIDE - _RIGHT, y), fill=_GRID)
            draw.text((_LEFT - 8, y), f"{value:g}", fill=_INK, anchor="rm")
        for second in seconds:
            x, _ = self._at(second, 0)
            draw.text((x, _HIGH - 30), f"{round(second, 1):g}", fill=_INK, anchor="mm")
        for number, (second, _) in enumerate(self.marks, 1):
            x, _ = self._at(second, 0)
            draw.line((x, _TOP - 8, x, _HIGH - _BOTTOM), fill=_MARK)
            draw.text((x + 3, _TOP - 12), str(number), fill=_MARK)
        places = [self._at(*point) for point in self.points]
        if self.line and len(places) > 1:
            draw.line(places, fill=_LINE, width=2)
        for x, y in places if not self.line or len(places) == 1 else ():
            draw.ellipse((x - 2, y - 2, x + 2, y + 2), fill=_LINE)
        draw.text((_LEFT, _HIGH - 18), f"seconds since the run began; {self.unit}", fill=_INK)
        written = BytesIO()
        image.save(written, "PNG")
        return written.getvalue()


def _round_up(value: float) -> float:
    """The next 1, 2 or 5 times a power of ten."""
    step = 10.0 ** (ceil(log10(value)) - 1)
    return next(step * n for n in (1, 2, 5, 10) if step * n >= value)
