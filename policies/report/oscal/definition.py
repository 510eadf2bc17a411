"""Component definition: which controls of which framework the platform implements, and by which checks."""

from __future__ import annotations

from collections.abc import Iterator

from policies.coverage import FrameworkCoverage
from policies.framework import Control, Responsibility
from policies.report.oscal.parts import About, Part, control_id, prop, text, uuid

STATUS = {
    Responsibility.TECHNICAL: "implemented",
    Responsibility.INHERITED: "implemented",
    Responsibility.PROCESS: "alternative",
    Responsibility.NOT_COVERED: "planned",
}


def describe(control: Control) -> str:
    """One sentence on who answers for a control."""
    if control.responsibility is Responsibility.TECHNICAL:
        also = f" And a process of the organisation: {text(control.process)}" if control.process else ""
        return f"Judged by the checks {', '.join(control.checks)}.{also}"
    if control.responsibility is Responsibility.INHERITED:
        return f"Inherited from Google Cloud: {text(control.artefact)}"
    if control.responsibility is Responsibility.PROCESS:
        return f"A process of the organisation: {text(control.process)}"
    return f"Not covered: {text(control.reason)}"


def _requirements(covered: FrameworkCoverage) -> Iterator[Part]:
    key = covered.framework.key
    for each in covered.controls:
        control = each.control
        yield {
            "uuid": uuid("requirement", key, control.id),
            "control-id": control_id(key, control.id),
            "description": describe(control),
            "props": [
                prop("responsibility", control.responsibility.value),
                {"name": "implementation-status", "value": STATUS[control.responsibility]},
                *(prop("check", check) for check in control.checks),
            ],
        }


def _implementations(about: About) -> Iterator[Part]:
    for covered in about.coverage:
        framework = covered.framework
        yield {
            "uuid": uuid("implementation", framework.key),
            "source": "catalog.json",
            "description": f"{text(framework.title)}, {text(framework.edition)}. {text(framework.scope)}",
            "links": [{"href": framework.source, "rel": "reference"}],
            "implemented-requirements": list(_requirements(covered)),
        }


def component_definition(about: About) -> Part:
    component: Part = {
        "uuid": about.component,
        "type": "software",
        "title": "Careplane",
        "description": "A platform for health records on Google Cloud, as Pulumi stacks.",
    }
    if implementations := list(_implementations(about)):
        component["control-implementations"] = implementations
    return {
        "component-definition": {
            "uuid": about.document("component-definition"),
            "metadata": about.metadata("Careplane: implemented controls"),
            "components": [component],
        }
    }
