"""JUnit XML, for build servers: a suite a stack, a case a finding.

A failed finding is a `failure`. What is waived, unproven or not applicable is `skipped`, with its verdict
and reason: it did not pass, and the build's answer stays the command's exit code, which only a failure
makes 1.
"""

from __future__ import annotations

from collections.abc import Sequence
from datetime import UTC, datetime
from xml.sax.saxutils import escape, quoteattr

from policies.coverage import FrameworkCoverage
from policies.report.known import AnyRule, rules, words
from policies.report.text import visible
from policies.result import Finding, Judged, Report, Verdict

_SKIPPED = (Verdict.WAIVED, Verdict.UNPROVEN, Verdict.NOT_APPLICABLE)


def _attribute(text: str) -> str:
    return quoteattr(visible(text))


def _case(f: Finding, rule: AnyRule) -> str:
    name = f"{rule.number} {rule.id}: {f.resource or 'no resource'}"
    of = _attribute(f"{f.stack or 'estate'}.{f.type or 'stack'}")
    begin = f"<testcase classname={of} name={_attribute(name)}"
    if f.verdict is Verdict.PASSED:
        return f"{begin}/>"
    if f.verdict is Verdict.FAILED:
        text = escape(visible(f"{f.urn}: {f.message}"))
        kind = f"<failure type={_attribute(rule.severity)} message={_attribute(f.message)}>{text}</failure>"
    else:
        kind = f"<skipped message={_attribute(f'{words(f.verdict)}: {f.waiver or f.message}')}/>"
    return f"{begin}>{kind}</testcase>"


def _properties(values: dict[str, str]) -> str:
    listed = "".join(
        f"<property name={_attribute(key)} value={_attribute(value)}/>" for key, value in values.items()
    )
    return f"<properties>{listed}</properties>"


def _counts(findings: Sequence[Finding]) -> str:
    failures = sum(f.verdict is Verdict.FAILED for f in findings)
    skipped = sum(f.verdict in _SKIPPED for f in findings)
    return f'tests="{len(findings)}" failures="{failures}" errors="0" skipped="{skipped}" time="0"'


def _suite(name: str, report: Report, judged: Judged | None, findings: Sequence[Finding]) -> str:
    known = rules()
    facts = {"pack": report.pack_version, "commit": report.commit, "judgedAt": report.judged_at}
    facts |= {"waiversFile": report.waivers_file, "waiversSha256": report.waivers_sha256}
    if judged:
        facts |= {"profile": judged.profile, "stateSha256": judged.state_sha256}
    at = datetime.fromisoformat(report.judged_at).astimezone(UTC).strftime("%Y-%m-%dT%H:%M:%S")
    cases = "\n".join(_case(f, known[f.rule]) for f in findings)
    return (
        f'<testsuite name={_attribute(name)} timestamp="{at}" {_counts(findings)}>'
        f"{_properties(facts)}\n{cases}\n</testsuite>"
    )


def render(report: Report, coverage: Sequence[FrameworkCoverage] = ()) -> str:
    """A suite for each stack, and one named `estate` for what is of no single stack."""
    by_stack: dict[str, list[Finding]] = {judged.stack: [] for judged in report.stacks}
    for finding in report.findings:
        by_stack.setdefault(finding.stack, []).append(finding)
    judged_as = {judged.stack: judged for judged in report.stacks}
    suites = [_suite(n or "estate", report, judged_as.get(n), found) for n, found in by_stack.items()]
    covered = {f"coverage.{each.framework.key}": f"{each.covered:g}" for each in coverage}
    if covered:
        suites.insert(0, f'<testsuite name="coverage" {_counts(())}>{_properties(covered)}</testsuite>')
    return (
        '<?xml version="1.0" encoding="UTF-8"?>\n'
        f'<testsuites name="careplane-policies" {_counts(report.findings)}>\n'
        + "\n".join(suites)
        + "\n</testsuites>\n"
    )
