"""Each document through trestle's model of it, which refuses what OSCAL does not allow."""

from __future__ import annotations

import json
from collections.abc import Sequence
from importlib import import_module
from typing import Any

from policies.coverage import FrameworkCoverage
from policies.report.oscal.catalog import catalog, profile
from policies.report.oscal.definition import component_definition
from policies.report.oscal.parts import About, Part
from policies.report.oscal.plans import assessment_plan, security_plan
from policies.report.oscal.poam import plan_of_action
from policies.report.oscal.results import assessed, assessment_results
from policies.result import Report

FILES = {
    "catalog.json": "catalog",
    "profile.json": "profile",
    "component-definition.json": "component",
    "system-security-plan.json": "ssp",
    "assessment-plan.json": "assessment_plan",
    "assessment-results.json": "assessment_results",
    "poam.json": "poam",
}
"""Each file with the module of `trestle.oscal` that describes it."""


def _documents(report: Report, coverage: Sequence[FrameworkCoverage]) -> dict[str, Part]:
    about = About(report, coverage)
    judged = assessed(about)
    return {
        "catalog.json": catalog(about),
        "profile.json": profile(about),
        "component-definition.json": component_definition(about),
        "system-security-plan.json": security_plan(about),
        "assessment-plan.json": assessment_plan(about),
        "assessment-results.json": assessment_results(about, judged),
        "poam.json": plan_of_action(about, judged),
    }


def _model(file: str) -> Any:
    return import_module(f"trestle.oscal.{FILES[file]}").Model


def render(report: Report, coverage: Sequence[FrameworkCoverage] = ()) -> dict[str, str]:
    """The documents as JSON, by file name; trestle's models raise where one is not valid OSCAL.

    What the models accepted is written as it is: writing it through them takes four times as long.
    """
    found = {}
    for file, document in _documents(report, coverage).items():
        _model(file).model_validate(document)
        found[file] = json.dumps(document, ensure_ascii=False, separators=(",", ":")) + "\n"
    return found
