from __future__ import annotations

import io

from infra.cli.progress import PAUSE, QUIET, Progress


def progress(ago: float) -> Progress:
    made = Progress(out=io.StringIO())
    made.started -= ago
    made.last -= ago
    return made


def words(made: Progress) -> str:
    assert isinstance(made.out, io.StringIO)
    return made.out.getvalue()


def test_what_is_quick_is_not_reported() -> None:
    made = progress(0)
    made.step("local-cell", "previewing", 3)
    assert words(made) == ""


def test_the_first_line_comes_soon_and_the_next_later() -> None:
    made = progress(QUIET)
    made.step("local-cell", "previewing", 3)
    assert words(made) == "local-cell: previewing, 3 resources, 2 s\n"
    made.last -= QUIET
    made.step("local-cell", "previewing", 4)
    assert words(made).count("\n") == 1
    made.last -= PAUSE
    made.step("local-cell", "previewing", 5)
    assert words(made).count("\n") == 2
