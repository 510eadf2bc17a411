"""JUnit: a suite a stack; only a failure fails, and nothing that did not pass is shown as passed."""

from __future__ import annotations

import xml.etree.ElementTree as ET

from policies.report import junit
from policies.result import Finding, Verdict
from tests.policies.report.reports import covered, every_verdict, finding, report


def parsed(of=None) -> ET.Element:  # type: ignore[no-untyped-def]
    of = of or every_verdict()
    return ET.fromstring(junit.render(of, covered(of)))


def outcome(case: ET.Element) -> str:
    return case[0].tag if len(case) else "passed"


def test_each_verdict_has_its_outcome() -> None:
    cases = {case.attrib["name"].split(": ")[1]: case for case in parsed().iter("testcase")}
    assert {name: outcome(case) for name, case in cases.items()} == {
        "events": "failure", "later": "skipped", "old": "skipped", "good": "passed", "none": "skipped",
        "no resource": "skipped",
    }  # fmt: skip
    assert cases["later"][0].attrib["message"].startswith("unproven: ")
    assert cases["old"][0].attrib["message"].startswith("waived: sam@example.org until 2027-01-31")


def test_the_counts_are_those_of_the_cases() -> None:
    root = parsed()
    assert [root.attrib[key] for key in ("tests", "failures", "errors", "skipped")] == ["6", "1", "0", "4"]
    suite = root.find("testsuite[@name='eu-tenant-a']")
    assert suite is not None and suite.attrib["tests"] == "6"


def test_a_suite_a_stack_and_one_for_what_is_of_no_single_stack() -> None:
    across = Finding("tenants-share-no-key", "", "", Verdict.NOT_APPLICABLE, "fewer than two tenants")
    root = parsed(report(finding(Verdict.PASSED), across, stacks=("eu-tenant-a", "eu-tenant-b")))
    names = [suite.attrib["name"] for suite in root]
    assert names == ["coverage", "eu-tenant-a", "eu-tenant-b", "estate"]


def test_it_says_where_it_comes_from() -> None:
    suite = parsed().find("testsuite[@name='eu-tenant-a']")
    assert suite is not None
    facts = {each.attrib["name"]: each.attrib["value"] for each in suite.iter("property")}
    assert facts["stateSha256"] == "ab" * 32
    assert (facts["profile"], facts["pack"], facts["judgedAt"]) == (
        "saas",
        "0.1.0",
        "2026-11-25T14:00:00+00:00",
    )


def test_characters_that_xml_has_not_are_shown_as_codes() -> None:
    root = parsed(report(finding(Verdict.FAILED, "a\x00b\x0b\ufffe]]>&<")))
    case = next(root.iter("testcase"))
    assert case.attrib["name"].endswith(r"a\u{0}b\u{b}\u{fffe}]]>&<")
