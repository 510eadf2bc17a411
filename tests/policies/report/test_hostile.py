"""Whatever resources are called, every format stays a valid document that says what was called so.

There is no CSV; formulas matter where a spreadsheet opens text, so values begin with what they are.
"""

from __future__ import annotations

import json
import xml.etree.ElementTree as ET
from pathlib import Path

import cmarkgfm
import jsonschema
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from policies.cli import main
from policies.report import files, html_report, json_report, junit, markdown, oscal, sarif
from policies.report.text import encodable, visible
from policies.result import Report, Verdict
from tests.policies.report.reports import finding, report
from tests.policies.report.test_html import Page
from tests.policies.report.test_sarif import SCHEMA as SARIF
from tests.policies.state_example import exported

ANYTHING = st.text(alphabet=st.characters(codec=None), max_size=30) | st.sampled_from(
    [
        "</script>",
        "]]>",
        "\x00",
        "\ud800",
        "=1+1",
        "@SUM(A1)",
        "|",
        "`",
        "\u202e",
        "a\r\nb",
        "<!--",
        "{{7*7}}",
    ]
)


@st.composite
def hostile(draw: st.DrawFn) -> Report:
    """One finding of each verdict, with any text wherever text comes from outside."""
    stack = draw(ANYTHING)
    found = [
        finding(
            verdict, draw(ANYTHING), stack,
            message=draw(ANYTHING), path=draw(ANYTHING), seen=draw(ANYTHING), type=draw(ANYTHING),
            urn=f"urn:pulumi:{stack}::p::t::{draw(ANYTHING)}{index}", waiver=draw(ANYTHING),
        )
        for index, verdict in enumerate(Verdict)
    ]  # fmt: skip
    return report(*found, stacks=(stack,))


def nothing(*_: object) -> None:
    return None


@settings(max_examples=30, deadline=None)
@given(hostile())
def test_json_holds_any_text(of: Report) -> None:
    found = json.loads(json_report.render(of).encode())
    jsonschema.validate(found, json.loads((Path(files.__file__).parent / "report.schema.json").read_text()))
    assert [each["resource"] for each in found["findings"]] == [encodable(f.resource) for f in of.findings]


@settings(max_examples=60, deadline=None)
@given(hostile())
def test_sarif_holds_any_text(of: Report) -> None:
    found = json.loads(sarif.render(of).encode())
    run = found["runs"][0]
    # What no text from outside reaches is validated in test_sarif, once.
    run["tool"]["driver"]["rules"] = []
    del run["taxonomies"]
    jsonschema.Draft202012Validator(SARIF).validate(found)
    named = [r["locations"][0]["logicalLocations"][0]["name"] for r in found["runs"][0]["results"]]
    assert named == [encodable(f.resource) for f in of.findings]


@settings(max_examples=60, deadline=None)
@given(hostile())
def test_junit_holds_any_text(of: Report) -> None:
    cases = list(ET.fromstring(junit.render(of).encode()).iter("testcase"))
    assert len(cases) == len(of.findings)
    assert sum(len(case) == 0 for case in cases) == 1


@settings(max_examples=40, deadline=None)
@given(hostile())
def test_html_holds_any_text(of: Report) -> None:
    page = Page(html_report.render(of).encode().decode())
    assert len(page.of("script")) == 2 and len(page.of("style")) == 1 and len(page.of("body")) == 1
    texts = page.data()["strings"]
    assert {visible(f.resource) for f in of.findings} <= set(texts)
    assert not any(key.startswith("on") for _, each in page.elements for key in each)


@settings(max_examples=60, deadline=None)
@given(hostile())
def test_markdown_holds_any_text(of: Report) -> None:
    rendered = cmarkgfm.github_flavored_markdown_to_html(markdown.render(of))
    page = Page(rendered)
    assert not page.of("a", "img", "script")
    rows, cells = len(page.of("tr")), len(page.of("td")) + len(page.of("th"))
    assert rows and cells and "<!-- raw HTML omitted -->" not in rendered


@settings(max_examples=15, deadline=None)
@given(hostile())
def test_oscal_holds_any_text(of: Report) -> None:
    made = oscal.render(of)
    assert made.keys() == oscal.FILES.keys()
    for text in made.values():
        json.loads(text.encode())


NAMES = [
    "</script><script>alert(1)</script>", "=cmd|' /C calc'!A0", "\x1b[31mred", "a\u202eb", "\U0001f600\t",
    "\ud83d", "quo\"te'", "]]><x>\u0000",
]  # fmt: skip


@pytest.mark.parametrize("name", NAMES, ids=ascii)
def test_a_state_with_hostile_names_is_reported_in_every_format(
    name: str, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    (tmp_path / "state.json").write_bytes(exported(("gcp:pubsub/topic:Topic", name, {})))
    out = tmp_path / "out"
    assert main(["report", "--state", str(tmp_path / "state.json"), "--out", str(out)]) == 1
    said = capsys.readouterr().out
    assert "\x1b" not in said and visible(name) in said
    for path in out.rglob("*"):
        if path.is_file():
            path.read_bytes().decode()
    ET.parse(out / "report.junit.xml")
    found = json.loads((out / "report.json").read_text())
    assert encodable(name) in {each["resource"] for each in found["findings"]}
    assert sorted(path.name for path in tmp_path.iterdir()) == ["out", "state.json"]


def test_a_value_that_a_spreadsheet_would_run_is_quoted_as_it_was_seen() -> None:
    """Formats here are no tables of bare values: what is seen is Python's repr, and starts with a quote."""
    of = report(
        finding(Verdict.FAILED, "r", seen=repr("=1+1"), message="kmsKeyName is '=1+1'. Set kmsKeyName.")
    )
    text = markdown.render(of)
    assert "`kmsKeyName is '=1+1'" in text
    assert not any(
        part.startswith(("=", "+", "-1", "@")) for line in text.splitlines() for part in line.split("|")
    )
