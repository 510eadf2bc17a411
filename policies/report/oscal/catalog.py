"""Catalogue and profile of the controls that the other documents speak of, so that their imports resolve.

They hold numbers and titles as `policies/frameworks` has them, not the frameworks' texts.
"""

from __future__ import annotations

from policies.coverage import FrameworkCoverage
from policies.framework import Section
from policies.report.oscal.parts import About, Part, control_id, text, token, uuid


def _section(framework: str, section: Section) -> Part:
    controls = [
        {
            "id": control_id(framework, each.id),
            "title": text(each.title),
            "props": [{"name": "label", "value": text(each.id)}],
        }
        for each in section.controls
    ]
    return {
        "id": f"{framework}-section-{token(section.id)}",
        "title": text(section.title),
        "controls": controls,
    }


def _group(covered: FrameworkCoverage) -> Part:
    framework = covered.framework
    return {
        "id": f"framework-{framework.key}",
        "title": text(framework.title),
        "props": [{"name": "label", "value": text(framework.edition)}],
        "links": [{"href": framework.source, "rel": "reference"}],
        "groups": [_section(framework.key, section) for section in framework.sections],
    }


def of_rules(about: About) -> dict[str, list[str]]:
    """Controls with their checks, where no framework was given."""
    found: dict[str, list[str]] = {}
    for rule in about.rules.values():
        for name, ids in rule.controls.items():
            for each in dict.fromkeys(ids):
                found.setdefault(control_id(name, each), []).append(rule.id)
    return found


def catalog(about: About) -> Part:
    whole: Part = {
        "uuid": uuid("catalog", about.report.pack_version, about.report.commit),
        "metadata": about.metadata("Controls of the frameworks that Careplane is judged by"),
    }
    if about.coverage:
        whole["groups"] = [_group(each) for each in about.coverage]
    else:
        whole["controls"] = [{"id": each, "title": each} for each in of_rules(about)]
    return {"catalog": whole}


def profile(about: About) -> Part:
    """All of the catalogue, as it is."""
    return {
        "profile": {
            "uuid": uuid("profile", about.report.pack_version, about.report.commit),
            "metadata": about.metadata("Baseline of Careplane: every control of the catalogue"),
            "imports": [{"href": "catalog.json", "include-all": {}}],
            "merge": {"as-is": True},
        }
    }
