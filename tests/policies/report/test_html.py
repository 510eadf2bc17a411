"""The page without a browser: nothing from outside, no script but its own, all escaped, enough contrast."""

from __future__ import annotations

import base64
import hashlib
import json
import re
from dataclasses import replace
from html.parser import HTMLParser
from pathlib import Path
from typing import Any

import pytest

from policies.report import html_report
from policies.report.page.data import BOUND
from policies.result import Report, Verdict
from tests.policies.report.reports import covered, every_verdict, finding, large, report

CSS = (Path(html_report.__file__).parent / "page" / "page.css").read_text()


class Page(HTMLParser):
    """Elements with their attributes, and the text of scripts and styles."""

    def __init__(self, text: str) -> None:
        super().__init__()
        self.elements: list[tuple[str, dict[str, str | None]]] = []
        self.content: dict[int, str] = {}
        self.text = ""
        self.inside_element = False
        self.feed(text)

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.elements.append((tag, dict(attrs)))
        self.inside_element = True

    def handle_endtag(self, tag: str) -> None:
        self.inside_element = False

    def handle_data(self, data: str) -> None:
        if self.inside_element:
            self.content[len(self.elements) - 1] = self.content.get(len(self.elements) - 1, "") + data
        self.text += data

    def of(self, *tags: str) -> list[dict[str, str | None]]:
        return [attributes for tag, attributes in self.elements if tag in tags]

    def inside(self, tag: str) -> list[str]:
        return [self.content.get(index, "") for index, (name, _) in enumerate(self.elements) if name == tag]

    def data(self) -> dict[str, Any]:
        found: dict[str, Any] = json.loads(self.inside("script")[0])
        return found


def rendered(of: Report | None = None) -> Page:
    of = of or every_verdict()
    return Page(html_report.render(of, covered(of)))


def test_it_loads_nothing_and_links_nowhere() -> None:
    page = rendered()
    assert not page.of("link", "img", "iframe", "object", "embed", "form", "base", "audio", "video")
    assert all("src" not in each and "srcset" not in each for _, each in page.elements)
    assert all((each["href"] or "").startswith("#") for each in page.of("a"))
    assert not re.search(r"url\(|@import", CSS)


def test_its_policy_allows_its_own_script_and_style_by_hash_and_no_other() -> None:
    page = rendered()
    policy = next(each["content"] for each in page.of("meta") if each.get("http-equiv"))
    assert policy and policy.startswith("default-src 'none'") and "unsafe" not in policy
    parts = {"script-src": page.inside("script")[1], "style-src": page.inside("style")[0]}
    for name, text in parts.items():
        digest = base64.b64encode(hashlib.sha256(text.encode()).digest()).decode()
        assert f"{name} 'sha256-{digest}'" in policy
    assert not any(key.startswith("on") or key == "style" for _, each in page.elements for key in each)


def test_landmarks_labels_and_headings() -> None:
    page = rendered()
    for landmark in ("header", "nav", "main", "footer", "h1"):
        assert len(page.of(landmark)) == 1, landmark
    assert page.of("html")[0]["lang"] == "en"
    labelled = {each.get("for") for each in page.of("label")}
    assert all(each["id"] in labelled for each in page.of("input", "select"))
    ids = [each["id"] for _, each in page.elements if "id" in each]
    assert len(ids) == len(set(ids))
    assert all(each.get("aria-labelledby") in ids for each in page.of("section"))
    assert all(each.get("scope") for each in page.of("th"))
    assert page.of("output")[0]["aria-live"] == "polite"
    assert all(each.get("aria-label") for each in page.of("svg") if each.get("role") == "img")


def _colours() -> list[dict[str, str]]:
    """Of light, dark and print."""
    found = [
        dict(re.findall(r"--([a-z-]+):(#[0-9a-f]{3,6})", block))
        for block in re.findall(r":root\{([^}]*)\}", CSS)
    ]
    return [found[0], {**found[0], **found[1]}, {**found[0], **found[2]}]


def _luminance(colour: str) -> float:
    digits = colour[1:] if len(colour) == 7 else "".join(2 * each for each in colour[1:])
    parts = [int(digits[index : index + 2], 16) / 255 for index in (0, 2, 4)]
    linear = [each / 12.92 if each <= 0.03928 else ((each + 0.055) / 1.055) ** 2.4 for each in parts]
    return 0.2126 * linear[0] + 0.7152 * linear[1] + 0.0722 * linear[2]


def _contrast(one: str, other: str) -> float:
    light, dark = sorted((_luminance(one), _luminance(other)), reverse=True)
    return (light + 0.05) / (dark + 0.05)


@pytest.mark.parametrize("colours", _colours(), ids=["light", "dark", "print"])
def test_text_has_the_contrast_that_wcag_aa_asks_for(colours: dict[str, str]) -> None:
    pairs = [(text, back) for text in ("text", "muted", "accent") for back in ("bg", "surface")]
    verdicts = ("failed", "unproven", "waived", "passed", "not-applicable")
    pairs += [(name, f"{name}-bg") for name in verdicts] + [(name, "surface") for name in verdicts]
    poor = {pair: _contrast(*(colours[each] for each in pair)) for pair in pairs}
    assert {pair: ratio for pair, ratio in poor.items() if ratio < 4.5} == {}


def test_the_static_table_has_every_finding_with_all_that_is_known() -> None:
    text = rendered().text
    for part in (
        "events",
        "kmsKeyName",
        "absent",
        "Set kmsKeyName.",
        "until 2027-01-31",
        "hipaa 164.312(a)(2)(iv)",
    ):
        assert part in text


def test_beyond_the_bound_it_says_where_the_rest_is() -> None:
    of = large((BOUND + 60) // 6)
    page = rendered(of)
    assert f"The first {BOUND:,} of {len(of.findings):,} findings" in page.text
    assert len(page.data()["findings"]) == 7 * len(of.findings)


def test_the_data_is_the_findings() -> None:
    data = rendered().data()
    texts, width = data["strings"], 7
    rows = [data["findings"][at : at + width] for at in range(0, len(data["findings"]), width)]
    assert [data["verdicts"][row[2]] for row in rows] == [
        "failed", "unproven", "waived", "passed", "not_applicable", "not_applicable",
    ]  # fmt: skip
    first = rows[0]
    assert data["rules"][first[0]]["id"] == "topic-cmek"
    assert texts[data["resources"][first[1]][0]] == "events"
    assert [texts[index] for index in first[3:]] == ["", "kmsKeyName", "None", ""]


def test_coverage_is_there_control_by_control() -> None:
    of = every_verdict()
    page = rendered(of)
    frameworks = [each for each in page.of("details") if each.get("class") == "framework"]
    assert len(frameworks) == len(covered(of))
    for each in covered(of):
        assert f"hecks exist for {each.technical} of {each.total} controls" in page.text
    assert "not satisfied" in page.text and "a process of the organisation" in page.text


def test_what_no_check_is_about_is_listed() -> None:
    assert "2 resources of 1 type that no check is about" in rendered().text
    assert "gcp:dns/policy:Policy" in rendered().text


@pytest.mark.parametrize(
    ("verdict", "answer"),
    [
        (Verdict.FAILED, "1 check fails on 1 resource"),
        (Verdict.UNPROVEN, "Nothing fails; 1 finding could not be proven"),
        (Verdict.WAIVED, "Nothing fails; 1 failure waived"),
        (Verdict.PASSED, "Nothing fails, nothing is unproven"),
    ],
)
def test_the_answer_comes_first(verdict: Verdict, answer: str) -> None:
    assert answer in rendered(report(finding(verdict))).text


def test_it_says_where_it_comes_from() -> None:
    text = rendered().text
    for part in (
        "0.1.0",
        "0123456789abcdef0123456789abcdef01234567",
        "2026-11-25 14:00 UTC",
        f"sha256:{'ab' * 32}",
        "saas",
    ):
        assert part in text


@pytest.mark.parametrize(
    "name",
    [
        "<script>alert(1)</script>",
        "</script><b>",
        '"><img src=x onerror=alert(1)>',
        "a\u2028b",
        "<!--",
        "]]>",
    ],
)
def test_hostile_names_add_no_element(name: str) -> None:
    plain, hostile = (
        rendered(report(finding(Verdict.FAILED, each, stack=each), stacks=(each,))) for each in ("x", name)
    )
    assert [tag for tag, _ in plain.elements] == [tag for tag, _ in hostile.elements]
    assert name.replace("\u2028", r"\u{2028}") in hostile.data()["strings"]


def test_a_bar_of_coverage_tells_what_is_satisfied_from_what_is_not() -> None:
    page = rendered()
    classes = {str(each.get("class")) for each in page.of("rect")}
    assert {"b-satisfied", "b-not_satisfied", "b-not_judged", "b-inherited", "b-process"} <= classes
    fills = re.findall(r"\.b-(satisfied|not_satisfied|not_judged|inherited|process)\{fill:([^}]*)\}", CSS)
    assert len({colour for _, colour in fills}) == len(fills) == 5
    stripes = [each for each in page.of("rect") if each.get("fill") == "url(#stripes)"]
    assert stripes and [each["id"] for each in page.of("pattern")] == ["stripes"]


def test_it_says_why_controls_are_not_satisfied_though_nothing_fails() -> None:
    of = report(finding(Verdict.WAIVED), finding(Verdict.PASSED, "good"))
    against = sum(each.not_satisfied for each in covered(of))
    assert f"{against} controls not satisfied: a control with a waived failure" in rendered(of).text
    assert "not satisfied: a control" not in rendered(report(finding(Verdict.PASSED))).text


def test_the_rows_of_the_stacks_add_up_to_the_numbers() -> None:
    between = finding(Verdict.FAILED, "shared", stack="")
    alone = rendered(report(finding(Verdict.FAILED)))
    assert "checks between stacks" not in alone.text
    assert "stacks togetherchecks between stacks1" in rendered(report(finding(Verdict.PASSED), between)).text


def test_a_control_satisfied_in_part_says_which_checks_judged_nothing() -> None:
    text = rendered(report(finding(Verdict.PASSED))).text
    assert "(judged nothing here)" in text and re.search(r"in part: \d+ of its \d+ checks judged", text)


def test_a_type_breaks_between_its_parts() -> None:
    assert "gcp:<wbr>pubsub/<wbr>topic:<wbr>Topic" in html_report.render(every_verdict())


def test_it_says_which_waivers() -> None:
    other = replace(every_verdict(), waivers_file="<b>.yaml", waivers_sha256="cd" * 32)
    said = f"1 in force, from <b>.yaml (sha256:{'cd' * 32}), instead of policies/waivers.yaml"
    assert said in rendered(other).text
    assert "1 in force, from not said" in rendered().text
