"""Text that others wrote is shown as it is, on one line, with nothing hidden."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from policies.report.text import absent, encodable, line, visible


@pytest.mark.parametrize(
    ("given", "shown"),
    [
        ("plain name", "plain name"),
        ("Zürich 東京", "Zürich 東京"),
        ("a\u202eb", r"a\u{202e}b"),
        ("a\u200bb", r"a\u{200b}b"),
        ("a\x00\x1b[31m", r"a\u{0}\u{1b}[31m"),
        ("two\nlines", r"two\u{a}lines"),
        ("\ud800", r"\u{d800}"),
    ],
)
def test_what_cannot_be_seen_is_shown_as_its_code(given: str, shown: str) -> None:
    assert visible(given) == shown


@given(st.text())
def test_visible_text_is_one_line_that_every_encoding_carries(text: str) -> None:
    shown = visible(text)
    assert len(shown.splitlines()) <= 1
    shown.encode()


@given(st.text(alphabet=st.characters(categories=["Cs", "Lu", "Cc", "So"])))
def test_encodable_changes_only_lone_surrogates(text: str) -> None:
    kept = encodable(text)
    kept.encode()
    assert len(kept) == len(text)
    assert all(a == b or "\ud800" <= a <= "\udfff" for a, b in zip(text, kept, strict=True))


def test_a_line_is_never_empty() -> None:
    assert line("  a \u00a0 b ", "none") == "a b"
    assert line(" ", "none") == "none"


def test_what_was_not_there_is_absent() -> None:
    assert (absent("None"), absent(""), absent("False")) == ("absent", "absent", "False")
