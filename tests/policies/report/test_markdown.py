"""The Markdown summary, as GitHub renders it."""

from __future__ import annotations

import re
from dataclasses import replace
from html.parser import HTMLParser

import cmarkgfm
import pytest
from cmarkgfm.cmark import Options
from hypothesis import given, settings
from hypothesis import strategies as st

from policies.report import markdown
from policies.result import Verdict
from tests.policies.report.reports import covered, every_verdict, finding, large, report


class Page(HTMLParser):
    """Tables as lists of rows of texts, and the tags that were used."""

    def __init__(self, text: str) -> None:
        super().__init__()
        self.tags: set[str] = set()
        self.rows: list[list[str]] = []
        self.open = False
        self.feed(cmarkgfm.github_flavored_markdown_to_html(text, Options.CMARK_OPT_UNSAFE))

    def handle_starttag(self, tag: str, attrs: object) -> None:
        self.tags.add(tag)
        if tag == "tr":
            self.rows.append([])
        if tag in ("td", "th"):
            self.rows[-1].append("")
            self.open = True

    def handle_endtag(self, tag: str) -> None:
        if tag in ("td", "th"):
            self.open = False

    def handle_data(self, data: str) -> None:
        if self.open:
            self.rows[-1][-1] += data


def test_numbers_coverage_and_what_needs_somebody() -> None:
    of = every_verdict()
    text = markdown.render(of, covered(of))
    assert "**Failed**: 1 failed, 1 unproven, 1 waived, 1 passed, 2 not applicable." in text
    rows = Page(text).rows
    assert any(row[0] == "HIPAA Security Rule" and "%" in row[2] for row in rows)
    assert ["events", "eu-tenant-a", "kmsKeyName is absent"] in rows
    assert any(row[0] == "old" and "until 2027-01-31" in row[2] for row in rows)
    assert ["gcp:dns/policy:Policy", "2"] in rows
    assert "commit 0123456789" in text and "pack 0.1.0" in text


def test_nothing_failed_is_said() -> None:
    assert "**Nothing failed**" in markdown.render(report(finding(Verdict.PASSED)))


HOSTILE = [
    "a|b", "a\\|b", "`code`", "``", "<img src=x onerror=alert(1)>", "[link](https://evil.example)",
    "@everyone", "# heading", "https://evil.example", "a\nb", "| x | y |", "![i](x)", "&lt;b&gt;", "\\",
    "=cmd|' /C calc'!A0",
]  # fmt: skip


@pytest.mark.parametrize("name", HOSTILE)
def test_hostile_names_stay_in_their_cell(name: str) -> None:
    page = Page(markdown.render(report(finding(Verdict.FAILED, name))))
    assert not page.tags & {"a", "img", "script"}
    row = next(row for row in page.rows if row[-1] == "kmsKeyName is absent")
    shown = name.replace("\n", r"\u{a}").replace("\\|", r"\\u{7c}")
    assert row[0] == shown


@settings(max_examples=150, deadline=None)
@given(st.text(min_size=1, max_size=40))
def test_any_text_in_a_cell_renders_as_itself(text: str) -> None:
    page = Page("\n".join(markdown.table(("A", "B"), [[markdown.cell(text), "end"]])))
    assert len(page.rows[1]) == 2 and page.rows[1][1] == "end"
    assert page.tags <= {"table", "thead", "tbody", "tr", "th", "td", "code"}


def test_ten_thousand_resources_fit_into_one_comment() -> None:
    of = large(10_000)
    text = markdown.render(of, covered(of))
    assert len(text) <= markdown.LIMIT
    assert "The rest is in report.html and report.json." in text
    assert re.search(r"Judged .* by policy pack", text)


def test_it_says_which_waivers_and_what_is_between_stacks() -> None:
    of = report(finding(Verdict.PASSED), finding(Verdict.FAILED, "shared", stack=""))
    of = replace(of, waivers_file="`x`<b>.yaml", waivers_sha256="cd" * 32)
    text = markdown.render(of, covered(of))
    assert "| stacks together |" in text
    assert "Waivers: `` `x`<b>.yaml (sha256:cdcd" in text and "instead of policies/waivers.yaml" in text
    assert "of them in part" in text
