"""The report as JSON; its schema is `policies/report/report.schema.json`."""

from __future__ import annotations

import json
from dataclasses import asdict
from typing import Any

from policies.result import Report
from policies.rule import catalogue


def document(report: Report) -> dict[str, Any]:
    rules = [
        {
            "id": rule.id,
            "number": rule.number,
            "title": rule.title,
            "remedy": rule.remedy,
            "severity": rule.severity,
            "controls": {name: list(ids) for name, ids in rule.controls.items()},
        }
        for rule in catalogue()
    ]
    return {
        "stacks": [{**asdict(judged), "unjudged": dict(judged.unjudged)} for judged in report.stacks],
        "judged_at": report.judged_at,
        "commit": report.commit,
        "pack_version": report.pack_version,
        "findings": [finding._asdict() for finding in report.findings],
        "counts": report.counts(),
        "rules": rules,
    }


def render(report: Report) -> str:
    return json.dumps(document(report), indent=2, sort_keys=True) + "\n"
