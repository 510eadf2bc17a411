"""SARIF 2.1.0, for code scanning.

`kind` is the verdict: `fail` (a level by severity), `pass`, `open` (unproven), `notApplicable`; a waived
failure is a `fail` with an accepted suppression. Frameworks are taxonomies, controls their taxa.
https://docs.oasis-open.org/sarif/sarif/v2.1.0/sarif-v2.1.0.html
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Iterable, Sequence
from datetime import UTC, datetime
from functools import cache
from pathlib import Path
from typing import Any
from urllib.parse import quote

from policies.coverage import FrameworkCoverage
from policies.report.known import AnyRule, rules, tags
from policies.report.text import encodable
from policies.result import Finding, Report, Verdict

SCHEMA = "https://docs.oasis-open.org/sarif/sarif/v2.1.0/errata01/os/schemas/sarif-schema-2.1.0.json"
_ROOT = Path(__file__).resolve().parents[2]
_KINDS = {
    Verdict.PASSED: "pass",
    Verdict.FAILED: "fail",
    Verdict.UNPROVEN: "open",
    Verdict.WAIVED: "fail",
    Verdict.NOT_APPLICABLE: "notApplicable",
}
_LEVELS = {"critical": "error", "high": "error", "medium": "warning", "low": "note"}
# GitHub reads it as a CVSS score: above 9.0 critical, 7.0 to 8.9 high, 4.0 to 6.9 medium.
_SCORES = {"critical": "9.5", "high": "8.0", "medium": "5.5", "low": "2.0"}


def _descriptor(rule: AnyRule) -> dict[str, Any]:
    return {
        "id": rule.id,
        "name": "".join(part.capitalize() for part in rule.id.split("-")),
        "shortDescription": {"text": rule.title},
        "fullDescription": {"text": f"{rule.title}. {rule.remedy}"},
        "help": {"text": f"{rule.remedy} Controls: {', '.join(tags(rule))}."},
        "defaultConfiguration": {"level": _LEVELS[rule.severity]},
        "properties": {
            "number": rule.number,
            "tags": [rule.severity, *tags(rule)],
            "security-severity": _SCORES[rule.severity],
        },
        "relationships": [
            {"target": {"id": each, "toolComponent": {"name": name}}, "kinds": ["relevant"]}
            for name, ids in rule.controls.items()
            for each in dict.fromkeys(ids)
        ],
    }


def _taxonomies() -> list[dict[str, Any]]:
    found: dict[str, dict[str, None]] = {}
    for rule in rules().values():
        for name, ids in rule.controls.items():
            found.setdefault(name, {}).update(dict.fromkeys(ids))
    return [
        {"name": name, "shortDescription": {"text": f"Controls of {name}"}, "taxa": [{"id": i} for i in ids]}
        for name, ids in sorted(found.items())
    ]


@cache
def _file_of(stack: str) -> str | None:
    """The stack's own file in this project, where there is one: what a pull request can be marked at."""
    name = f"Pulumi.{stack}.yaml"
    known = {path.name for path in (_ROOT / "stacks").glob("Pulumi.*.yaml")}
    return f"stacks/{quote(name)}" if name in known else None


def _location(finding: Finding) -> dict[str, Any]:
    logical = {
        "name": finding.resource,
        "fullyQualifiedName": finding.urn,
        "kind": "resource",
        "properties": {"type": finding.type, "stack": finding.stack},
    }
    found: dict[str, Any] = {"logicalLocations": [logical]}
    if file := _file_of(finding.stack):
        found["physicalLocation"] = {"artifactLocation": {"uri": file}, "region": {"startLine": 1}}
    return found


def _result(finding: Finding, index: int, rule: AnyRule) -> dict[str, Any]:
    kind = _KINDS[finding.verdict]
    identity = f"{finding.rule}\0{finding.stack}\0{finding.urn}".encode(errors="replace")
    found: dict[str, Any] = {
        "ruleId": finding.rule,
        "ruleIndex": index,
        "kind": kind,
        "level": _LEVELS[rule.severity] if kind == "fail" else "none",
        "message": {"text": finding.message or rule.title},
        "partialFingerprints": {"checkAndResource/v1": hashlib.sha256(identity).hexdigest()[:32]},
        "properties": {"verdict": finding.verdict, "stack": finding.stack},
    }
    if finding.urn:
        found["locations"] = [_location(finding)]
    if finding.path:
        found["properties"] |= {"path": finding.path, "seen": finding.seen}
    if finding.verdict is Verdict.WAIVED:
        why = finding.waiver
        found["suppressions"] = [{"kind": "external", "status": "accepted", "justification": why}]
    return found


def _results(findings: Iterable[Finding]) -> list[dict[str, Any]]:
    known = rules()
    index = {rule: position for position, rule in enumerate(known)}
    return [_result(finding, index[finding.rule], known[finding.rule]) for finding in findings]


def _ended(report: Report) -> str:
    return datetime.fromisoformat(report.judged_at).astimezone(UTC).strftime("%Y-%m-%dT%H:%M:%SZ")


def document(report: Report, coverage: Sequence[FrameworkCoverage] = ()) -> dict[str, Any]:
    driver = {
        "name": "careplane-policies",
        "version": report.pack_version,
        "semanticVersion": report.pack_version,
        "shortDescription": {"text": "Healthcare controls as code"},
        "rules": [_descriptor(rule) for rule in rules().values()],
        "supportedTaxonomies": [{"name": each["name"]} for each in _taxonomies()],
    }
    run = {
        "tool": {"driver": driver},
        "columnKind": "unicodeCodePoints",
        "automationDetails": {"id": f"policies/{quote(encodable(report.title))}/"},
        "invocations": [{"executionSuccessful": True, "endTimeUtc": _ended(report)}],
        "taxonomies": _taxonomies(),
        "results": _results(report.findings),
        "properties": {
            "commit": report.commit,
            "counts": report.counts(),
            "coverage": {each.framework.key: each.numbers() for each in coverage},
            "profile": report.profile,
            "waiversFile": report.waivers_file,
            "waiversSha256": report.waivers_sha256,
            "stateSha256": {each.stack: each.state_sha256 for each in report.stacks},
        },
    }
    return {"$schema": SCHEMA, "version": "2.1.0", "runs": [run]}


def render(report: Report, coverage: Sequence[FrameworkCoverage] = ()) -> str:
    text = json.dumps(document(report, coverage), ensure_ascii=False, separators=(",", ":"))
    return encodable(text) + "\n"
