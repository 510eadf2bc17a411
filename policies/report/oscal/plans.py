"""System security plan and assessment plan: what is judged, and how."""

from __future__ import annotations

from collections.abc import Iterator

from policies.coverage import FrameworkCoverage
from policies.report.known import AnyRule
from policies.report.oscal.catalog import of_rules
from policies.report.oscal.definition import STATUS, describe
from policies.report.oscal.parts import (
    About,
    Part,
    control_id,
    controls_of,
    inventory,
    objective,
    prop,
    text,
    uuid,
)


def _by_component(about: About, control: str, description: str, state: str) -> Part:
    return {
        "component-uuid": about.component,
        "uuid": uuid("by-component", control),
        "description": description,
        "implementation-status": {"state": state},
    }


def _required(about: About, covered: FrameworkCoverage) -> Iterator[Part]:
    for each in covered.controls:
        name = control_id(covered.framework.key, each.control.id)
        state = STATUS[each.control.responsibility]
        yield {
            "uuid": uuid("statement", name),
            "control-id": name,
            "props": [
                prop("responsibility", each.control.responsibility.value),
                prop("status", each.status.value),
            ],
            "by-components": [_by_component(about, name, describe(each.control), state)],
        }


def _requirements(about: About) -> list[Part]:
    if about.coverage:
        return [each for covered in about.coverage for each in _required(about, covered)]
    return [
        {
            "uuid": uuid("statement", control),
            "control-id": control,
            "by-components": [
                _by_component(about, control, f"Judged by the checks {', '.join(checks)}.", "implemented")
            ],
        }
        for control, checks in of_rules(about).items()
    ]


def _characteristics(about: About) -> Part:
    judged = about.report.stacks
    places = sorted({each.jurisdiction for each in judged} - {""})
    return {
        "system-ids": [
            {"identifier-type": "https://ietf.org/rfc/rfc4122", "id": uuid("system", about.system)}
        ],
        "system-name": "Careplane",
        "description": f"Stacks {text(', '.join(each.stack for each in judged))}.",
        "props": [prop("jurisdiction", ", ".join(places)), prop("profile", about.report.profile)],
        "security-sensitivity-level": "moderate",
        "system-information": {"information-types": [_patient_data(about)]},
        "security-impact-level": {
            "security-objective-confidentiality": "moderate",
            "security-objective-integrity": "moderate",
            "security-objective-availability": "moderate",
        },
        "status": {"state": "operational"},
        "authorization-boundary": {
            "description": "The Google Cloud projects of these stacks and their perimeter."
        },
    }


def _patient_data(about: About) -> Part:
    impacts = ("confidentiality-impact", "integrity-impact", "availability-impact")
    return {
        "uuid": uuid("information", "health"),
        "title": "Health records",
        "description": "Electronic protected health information.",
        **{impact: {"base": "moderate"} for impact in impacts},
    }


def security_plan(about: About) -> Part:
    plan: Part = {
        "uuid": about.document("system-security-plan"),
        "metadata": about.metadata("Careplane: system security plan"),
        "import-profile": {"href": "profile.json"},
        "system-characteristics": _characteristics(about),
        "system-implementation": {
            "users": [{"uuid": uuid("user", "operator"), "title": "Operator", "role-ids": ["operator"]}],
            "components": [about.platform_component()],
            "inventory-items": inventory(about),
        },
        "control-implementation": {
            "description": "Who answers for each control, and which checks judge it.",
            "implemented-requirements": _requirements(about),
        },
    }
    return {"system-security-plan": plan}


def activity(rule: AnyRule) -> str:
    return uuid("activity", rule.id)


def _activity(rule: AnyRule) -> Part:
    chosen = [{"control-id": each} for each in controls_of(rule)]
    return {
        "uuid": activity(rule),
        "title": f"{rule.number}. {rule.title}",
        "description": f"Read the state of each resource. {rule.remedy}",
        "props": [prop("method", "TEST"), prop("severity", rule.severity), prop("check", rule.id)],
        "related-controls": {"control-selections": [{"include-controls": chosen}]},
    }


def _objectives(rule: AnyRule) -> Part:
    """A check is an objective of the first control that it serves; its activity names all of them."""
    return {
        "control-id": controls_of(rule)[0],
        "description": rule.title,
        "parts": [{"id": objective(rule), "name": "objective", "prose": f"{rule.title}."}],
    }


def assets(about: About) -> Part:
    platform = {"uuid": uuid("platform", about.tool), "uses-components": [{"component-uuid": about.tool}]}
    return {"components": [about.tool_component()], "assessment-platforms": [platform]}


def assessment_plan(about: About) -> Part:
    rules = list(about.rules.values())
    everything = [{"type": "inventory-item", "include-all": {}}]
    task = {
        "uuid": uuid("task", "report"),
        "type": "action",
        "title": "Judge the exported state of every stack",
        "associated-activities": [
            {"activity-uuid": activity(rule), "subjects": everything} for rule in rules
        ],
    }
    return {
        "assessment-plan": {
            "uuid": about.document("assessment-plan"),
            "metadata": about.metadata("Careplane: assessment plan"),
            "import-ssp": {"href": "system-security-plan.json"},
            "local-definitions": {
                "objectives-and-methods": [_objectives(rule) for rule in rules if rule.controls],
                "activities": [_activity(rule) for rule in rules if rule.controls],
            },
            "reviewed-controls": about.reviewed(),
            "assessment-subjects": everything,
            "assessment-assets": assets(about),
            "tasks": [task],
        }
    }
