"""The report as JSON; its schema is `policies/report/report.schema.json`."""

from __future__ import annotations

import json
from dataclasses import asdict
from typing import Any

from policies.result import Report
from policies.rule import RULES


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
        for rule in sorted(RULES.values(), key=lambda rule: rule.number)
    ]
    return {**asdict(report), "counts": report.counts(), "rules": rules}


def render(report: Report) -> str:
    return json.dumps(document(report), indent=2, sort_keys=True) + "\n"
