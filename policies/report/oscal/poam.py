"""Plan of action and milestones: an item for every check that failed, is unproven or is waived."""

from __future__ import annotations

from collections.abc import Sequence

from policies.report.oscal.parts import About, Part, prop, uuid
from policies.report.oscal.results import AGAINST, Assessed, Observed, finding, midnight, observation, risk
from policies.result import Verdict

_TODO = {
    Verdict.FAILED: "Mend it",
    Verdict.UNPROVEN: "Find out: judge again after the stack was brought up",
    Verdict.WAIVED: "Mend it before the waiver expires",
}


def _item(each: Assessed, seen: Observed) -> Part:
    props = [prop("check", seen.rule.id), prop("severity", seen.rule.severity), prop("verdict", seen.verdict)]
    if due := seen.deadline():
        props.append(prop("due", midnight(due)))
    return {
        "uuid": uuid("poam-item", seen.risk),
        "title": seen.title,
        "description": f"{_TODO[seen.verdict]}. {seen.rule.remedy}",
        "props": props,
        "origins": [{"actors": origin["actors"]} for origin in seen.about.origin()],
        "related-findings": [{"finding-uuid": each.uuid}],
        "related-observations": [{"observation-uuid": seen.uuid}],
        "related-risks": [{"risk-uuid": seen.risk}],
    }


def _nothing(about: About) -> Part:
    """OSCAL wants an item at least."""
    return {
        "uuid": uuid("poam-item", about.key, "none"),
        "title": "Nothing to do",
        "description": "No check failed, was waived or is unproven.",
    }


def plan_of_action(about: About, all_of_it: Sequence[Assessed]) -> Part:
    against = [(each, seen) for each in all_of_it for seen in each.against()]
    plan: Part = {
        "uuid": about.document("plan-of-action-and-milestones"),
        "metadata": about.metadata("Careplane: plan of action and milestones"),
        "import-ssp": {"href": "system-security-plan.json"},
        "system-id": {"identifier-type": "https://ietf.org/rfc/rfc4122", "id": uuid("system", about.system)},
        "poam-items": [_item(each, seen) for each, seen in against] or [_nothing(about)],
    }
    if against:
        plan |= {
            "local-definitions": {"components": [about.platform_component(), about.tool_component()]},
            "observations": [observation(seen) for _, seen in against],
            "risks": [risk(seen) for _, seen in against],
            "findings": [part for each in all_of_it if each.verdict in AGAINST and (part := finding(each))],
        }
    return {"plan-of-action-and-milestones": plan}
