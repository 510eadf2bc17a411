"""Both tools' verdicts on the same plans, and the table that `policies/COMPARISON.md` holds."""

from __future__ import annotations

import json
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import yaml

from policies.context import context
from policies.judge import judge
from policies.result import Verdict
from policies.terraform import plan
from policies.waivers import Waivers
from tests.policies import bad_tenant
from tests.policies.terraform import plans

HERE = Path(__file__).parent
FILE = HERE.parents[2] / "policies" / "COMPARISON.md"
Verdicts = Mapping[tuple[str, str], str]
"""By check and resource address: `passed` or `failed`."""


@dataclass(frozen=True)
class Input:
    """One plan: its name, the plan, and what checkov said of it when it was last asked."""

    name: str
    plan: Mapping[str, Any]

    @property
    def file(self) -> Path:
        return HERE / f"{self.name}.json"

    def checkov(self) -> Verdicts:
        said = json.loads(self.file.read_text())["verdicts"]
        return {(check, address): verdict for check, address, verdict in said}

    def ours(self) -> Verdicts:
        parsed = plan.parse(json.dumps(self.plan).encode(), f"{self.name}.json")
        findings = judge(parsed.judged_as(context({"jurisdiction": "eu"})), Waivers())
        return {(f.rule, f.resource): f.verdict.value for f in findings if f.type.startswith("gcp:")}


def bad() -> Input:
    return Input("bad", plans.plan(bad_tenant.listed()))


def official(state: Path) -> Input:
    """The resources of the official provider's recorded state."""
    listed = json.loads(state.read_bytes())["deployment"]["resources"]
    return Input("official", plans.plan(listed))


def checks() -> Mapping[str, Mapping[str, str]]:
    known: Mapping[str, Mapping[str, str]] = yaml.safe_load((HERE / "checks.yaml").read_text())
    return known


def compact(said: Mapping[str, Any]) -> dict[str, Any]:
    """What is kept of checkov's JSON: its version, and check, resource and verdict."""
    rows = [
        [each["check_id"], each["resource"], verdict]
        for verdict in ("passed", "failed")
        for each in said["results"][f"{verdict}_checks"]
    ]
    return {"checkov": said["summary"]["checkov_version"], "verdicts": sorted(rows)}


@dataclass(frozen=True)
class Row:
    """One check of checkov's against ours on all resources of both plans."""

    check: str
    ours: str
    agreed: int
    differing: tuple[str, ...]
    why: str


def rows(inputs: Iterable[Input]) -> list[Row]:
    about = checks()
    agreed: dict[str, int] = {}
    differing: dict[str, list[str]] = {}
    for each in inputs:
        theirs, ours = each.checkov(), each.ours()
        for (check, address), verdict in theirs.items():
            agreed.setdefault(check, 0)
            rule = about.get(check, {}).get("ours")
            if rule is None:
                continue
            mine = ours.get((rule, address), "not judged")
            if mine == verdict:
                agreed[check] += 1
            else:
                differing.setdefault(check, []).append(f"{address}: {verdict} / {mine}")
    return [
        Row(
            check,
            about.get(check, {}).get("ours", ""),
            agreed[check],
            tuple(differing.get(check, ())),
            about.get(check, {}).get("differs") or about.get(check, {}).get("none", ""),
        )
        for check in sorted(agreed)
    ]


def silent(each: Input) -> list[tuple[str, int]]:
    """The types of which checkov says nothing, with how many of our checks fail on them."""
    spoken = {address.split(".")[0] for _, address in each.checkov()}
    failing: dict[str, set[str]] = {}
    for (rule, address), verdict in each.ours().items():
        type = address.split(".")[0]
        if type not in spoken:
            failing.setdefault(type, set())
            if verdict == Verdict.FAILED:
                failing[type].add(rule)
    return sorted((type, len(rules)) for type, rules in failing.items())


def render(inputs: list[Input]) -> str:
    """`COMPARISON.md`: agreements, disagreements with their reasons, and what the other does not see."""
    version = json.loads(inputs[0].file.read_text())["checkov"]
    table = rows(inputs)
    both = [row for row in table if row.ours]
    agreed = sum(row.agreed for row in both)
    differ = sum(len(row.differing) for row in both)
    lines = [
        f"# The same resources judged by checkov {version} and by Careplane",
        "",
        "Two Terraform plans: a deliberately bad tenant of 25 resource types, and the 82 resources of 75",
        "types that the official provider recorded. Made by `python -m tests.policies.comparison`, checked",
        "by a test; `make bench` asks checkov again. A disagreement reads *checkov's verdict / ours*.",
        "",
        f"{agreed} verdicts agree and {differ} differ, on {len(both)} checks that both have.",
        "",
        "| checkov | Careplane | agree | differ | reason |",
        "|---|---|---|---|---|",
    ]
    lines += [
        f"| {row.check} | {row.ours} | {row.agreed} | {'<br>'.join(row.differing) or 0} "
        f"| {row.why if row.differing else ''} |"
        for row in both
    ]
    lines += ["", "## Checks of checkov's that Careplane has none for", "", "| checkov | why |", "|---|---|"]
    lines += [f"| {row.check} | {row.why} |" for row in table if not row.ours]
    lines += [
        "",
        "## Types of the bad tenant of which checkov says nothing",
        "",
        "| type | checks of ours that fail |",
        "|---|---|",
    ]
    lines += [f"| {type} | {count} |" for type, count in silent(inputs[0])]
    return "\n".join(lines) + "\n"
