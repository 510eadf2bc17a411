"""The report as JSON, for programs; its schema is `policies/report/report.schema.json`.

`coverage` has the numbers of each framework and, control by control, who answers for it and its status.
"""

from __future__ import annotations

import json
from collections.abc import Sequence
from dataclasses import asdict
from typing import Any

from policies.coverage import FrameworkCoverage
from policies.report.known import rules
from policies.report.text import encodable
from policies.result import Report


def document(report: Report, coverage: Sequence[FrameworkCoverage] = ()) -> dict[str, Any]:
    described = [
        {
            "id": rule.id,
            "number": rule.number,
            "title": rule.title,
            "remedy": rule.remedy,
            "severity": rule.severity,
            "controls": {name: list(ids) for name, ids in rule.controls.items()},
        }
        for rule in rules().values()
    ]
    return {
        "stacks": [{**asdict(judged), "unjudged": dict(judged.unjudged)} for judged in report.stacks],
        "judged_at": report.judged_at,
        "commit": report.commit,
        "pack_version": report.pack_version,
        "profile": report.profile,
        "waivers_file": report.waivers_file,
        "waivers_sha256": report.waivers_sha256,
        "findings": [finding._asdict() for finding in report.findings],
        "counts": report.counts(),
        "coverage": {each.framework.key: _coverage(each) for each in coverage},
        "rules": described,
    }


def _coverage(covered: FrameworkCoverage) -> dict[str, Any]:
    framework = covered.framework
    controls = [
        {
            "id": each.control.id,
            "responsibility": each.control.responsibility.value,
            "status": each.status.value,
            "checks": list(each.control.checks),
            "against": list(each.against),
            "silent": list(each.silent),
        }
        for each in covered.controls
    ]
    return {
        "title": framework.title,
        "edition": framework.edition,
        "numbers": covered.numbers(),
        "controls": controls,
    }


def render(report: Report, coverage: Sequence[FrameworkCoverage] = ()) -> str:
    text = json.dumps(document(report, coverage), sort_keys=True, ensure_ascii=False, indent=1)
    return encodable(text) + "\n"
