"""Assessment results: what was observed of each check, and what follows for its objective.

OSCAL knows `satisfied` and `not-satisfied`. A check that failed on any resource is not satisfied (reason
`fail`); one that is unproven on any is not satisfied (`other`); one whose failures are waived is not
satisfied (`other`) with a risk whose deviation is approved. Where nothing applied there are observations
and no finding.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from datetime import UTC, date, datetime
from functools import cached_property
from typing import TYPE_CHECKING

from policies.report.known import AnyRule, trouble, words
from policies.report.oscal.parts import About, Part, objective, prop, text, uuid
from policies.report.oscal.plans import assets
from policies.result import Finding, Verdict

if TYPE_CHECKING:
    from policies.waivers import Waiver

AGAINST = (Verdict.FAILED, Verdict.UNPROVEN, Verdict.WAIVED)
_REASONS = {
    Verdict.FAILED: "fail",
    Verdict.UNPROVEN: "other",
    Verdict.WAIVED: "other",
    Verdict.PASSED: "pass",
}
_RISK_STATUS = {
    Verdict.FAILED: "open",
    Verdict.UNPROVEN: "investigating",
    Verdict.WAIVED: "deviation-approved",
}
_LIKELIHOODS = "http://csrc.nist.gov/ns/oscal/unknown"


@dataclass(frozen=True)
class Observed:
    """What one check said with one verdict, over all stacks: the system is what was judged together."""

    about: About
    rule: AnyRule
    verdict: Verdict
    findings: Sequence[Finding]

    @cached_property
    def uuid(self) -> str:
        return uuid("observation", self.about.key, self.rule.id, self.verdict)

    @cached_property
    def risk(self) -> str:
        return uuid("risk", self.about.key, self.rule.id, self.verdict)

    @property
    def title(self) -> str:
        return f"{self.rule.number}. {self.rule.title}: {words(self.verdict)}"

    def waivers(self) -> list[Waiver]:
        """Those in force that excuse these findings."""
        known = self.about.report.waivers
        found = (next((w for w in known if w.covers(f)), None) for f in self.findings)
        return list(dict.fromkeys(waiver for waiver in found if waiver))

    def deadline(self) -> date | None:
        """When the first of its waivers expires."""
        return min((waiver.expires for waiver in self.waivers()), default=None)


@dataclass(frozen=True)
class Assessed:
    """One check, with everything that was observed of it."""

    about: About
    rule: AnyRule
    observed: Sequence[Observed]

    @cached_property
    def uuid(self) -> str:
        return uuid("finding", self.about.key, self.rule.id)

    @property
    def verdict(self) -> Verdict | None:
        """The worst that applies; None where nothing did."""
        seen = {each.verdict for each in self.observed}
        return next((verdict for verdict in (*AGAINST, Verdict.PASSED) if verdict in seen), None)

    def against(self) -> list[Observed]:
        return [each for each in self.observed if each.verdict in AGAINST]


def assessed(about: About) -> list[Assessed]:
    """Every check that said anything, by number."""
    found: dict[str, dict[Verdict, list[Finding]]] = {}
    for f in about.report.findings:
        found.setdefault(f.rule, {}).setdefault(f.verdict, []).append(f)
    return [_assessed(about, rule, found[rule.id]) for rule in about.rules.values() if rule.id in found]


def _assessed(about: About, rule: AnyRule, verdicts: dict[Verdict, list[Finding]]) -> Assessed:
    return Assessed(about, rule, [Observed(about, rule, v, verdicts[v]) for v in Verdict if v in verdicts])


def observation(seen: Observed) -> Part:
    part: Part = {
        "uuid": seen.uuid,
        "title": seen.title,
        "description": f"{len(seen.findings)} {words(seen.verdict)}: {seen.rule.title}.",
        "props": [prop("verdict", seen.verdict), prop("check", seen.rule.id)],
        "methods": ["TEST"],
        "types": ["control-objective"],
        "origins": seen.about.origin(),
        "subjects": _subjects(seen.about, seen.findings),
        "collected": seen.about.report.judged_at,
    }
    if seen.verdict is not Verdict.PASSED:
        part["relevant-evidence"] = [_evidence(finding, seen.rule) for finding in seen.findings]
    return part


def _subjects(about: About, findings: Iterable[Finding]) -> list[Part]:
    """Inventory items of the system security plan."""
    ids = dict.fromkeys(about.subject(finding) for finding in findings)
    return [{"subject-uuid": each, "type": "inventory-item"} for each in ids]


def _evidence(finding: Finding, rule: AnyRule) -> Part:
    part: Part = {"description": text(f"{finding.resource or finding.stack}: {trouble(finding, rule)}")}
    if finding.waiver:
        part["remarks"] = text(finding.waiver)
    return part


def finding(each: Assessed) -> Part | None:
    verdict = each.verdict
    if verdict is None:
        return None
    against = each.against()
    part: Part = {
        "uuid": each.uuid,
        "title": f"{each.rule.number}. {each.rule.title}",
        "description": f"{each.rule.title}. Verdict: {words(verdict)}.",
        "props": [prop("verdict", verdict), prop("severity", each.rule.severity)],
        "origins": each.about.origin(),
        "target": {
            "type": "objective-id",
            "target-id": objective(each.rule),
            "status": {
                "state": "satisfied" if verdict is Verdict.PASSED else "not-satisfied",
                "reason": _REASONS[verdict],
            },
        },
        "related-observations": [{"observation-uuid": o.uuid} for o in each.observed],
    }
    if against:
        part["related-risks"] = [{"risk-uuid": o.risk} for o in against]
    return part


def midnight(day: date) -> str:
    """The end of a day, in UTC, as OSCAL writes a time."""
    return datetime(day.year, day.month, day.day, 23, 59, 59, tzinfo=UTC).isoformat()


def risk(seen: Observed) -> Part:
    """What is left undone: open, under investigation, or accepted until the first waiver expires."""
    rule, about = seen.rule, seen.about
    part: Part = {
        "uuid": seen.risk,
        "title": seen.title,
        "description": f"{len(seen.findings)} {words(seen.verdict)}: {rule.title}.",
        "statement": f"Where this is not so: {rule.title}. Severity {rule.severity}.",
        "props": [prop("severity", rule.severity), prop("check", rule.id)],
        "status": _RISK_STATUS[seen.verdict],
        "origins": about.origin(),
        "characterizations": [
            {
                "origin": about.origin()[0],
                "facets": [{"name": "severity", "system": _LIKELIHOODS, "value": rule.severity}],
            }
        ],
        "remediations": [
            {
                "uuid": uuid("remediation", seen.risk),
                "lifecycle": "recommendation",
                "title": "Remedy",
                "description": rule.remedy,
            }
        ],
        "related-observations": [{"observation-uuid": seen.uuid}],
    }
    if seen.verdict is Verdict.WAIVED:
        part |= _deviation(seen)
    return part


def _deviation(seen: Observed) -> Part:
    part: Part = {
        "risk-log": {
            "entries": [
                {
                    "uuid": uuid("deviation", seen.risk),
                    "title": "Deviation approved by a waiver",
                    "description": text("; ".join(dict.fromkeys(f.waiver for f in seen.findings))),
                    "start": seen.about.report.judged_at,
                    "status-change": "deviation-approved",
                }
            ]
        }
    }
    if seen.waivers():
        part["mitigating-factors"] = [_mitigation(seen, waiver) for waiver in seen.waivers()]
    if due := seen.deadline():
        part["deadline"] = midnight(due)
    return part


def _mitigation(seen: Observed, waiver: Waiver) -> Part:
    key = (waiver.rule, waiver.resource, str(waiver.expires), waiver.owner)
    return {
        "uuid": uuid("mitigation", seen.risk, *key),
        "description": text(waiver.compensating_control),
        "props": [
            prop("owner", waiver.owner),
            prop("ticket", waiver.ticket),
            prop("expires", waiver.expires),
        ],
    }


def _result(about: About, all_of_it: Sequence[Assessed]) -> Part:
    observed = [each for one in all_of_it for each in one.observed]
    risks = [risk(each) for each in observed if each.verdict in AGAINST]
    result: Part = {
        "uuid": uuid("result", about.key),
        "title": text(f"Policy report of {about.report.title}"),
        "description": text(", ".join(f"{n} {words(v)}" for v, n in about.report.counts().items())),
        "start": about.report.judged_at,
        "end": about.report.judged_at,
        "props": list(_numbers(about)) or [prop("coverage", "no framework given")],
        "local-definitions": {
            "components": [about.platform_component()],
            "assessment-assets": assets(about),
        },
        "reviewed-controls": about.reviewed(),
    }
    if observed:
        result["observations"] = [observation(each) for each in observed]
    if risks:
        result["risks"] = risks
    if findings := [part for each in all_of_it if (part := finding(each))]:
        result["findings"] = findings
    return result


def _numbers(about: About) -> Iterator[Part]:
    for each in about.coverage:
        for name, value in each.numbers().items():
            yield prop(f"coverage.{each.framework.key}.{name}", value)


def assessment_results(about: About, all_of_it: Sequence[Assessed]) -> Part:
    return {
        "assessment-results": {
            "uuid": about.document("assessment-results"),
            "metadata": about.metadata("Careplane: assessment results"),
            "import-ap": {"href": "assessment-plan.json"},
            "results": [_result(about, all_of_it)],
        }
    }
