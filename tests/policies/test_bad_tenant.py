"""Every type of a deliberately bad tenant gives a finding; a seeded violation in a good one is found."""

from __future__ import annotations

import json

from policies.context import context
from policies.judge import judge
from policies.result import Finding, Verdict
from policies.state import parse
from policies.terraform import plan
from policies.waivers import Waivers
from tests.policies import bad_tenant
from tests.policies.terraform import plans

TYPES = {type for type, _ in bad_tenant.RESOURCES}


def failed(findings: tuple[Finding, ...]) -> dict[str, set[str]]:
    found: dict[str, set[str]] = {}
    for finding in findings:
        if finding.verdict is Verdict.FAILED:
            found.setdefault(finding.type, set()).add(finding.rule)
    return found


def test_the_tenant_is_as_large_as_it_says() -> None:
    assert len(TYPES) == 25


def test_every_type_gives_a_finding_of_its_own() -> None:
    state = parse(json.dumps(bad_tenant.state()).encode(), "bad")
    found = failed(judge(state.judged_as(context(state.outputs.plain(), stack=state.stack)), Waivers()))
    assert TYPES - set(found) == set()


def test_so_does_the_same_tenant_as_a_terraform_plan() -> None:
    raw = json.dumps(plans.plan(bad_tenant.listed())).encode()
    parsed = plan.parse(raw, "bad.json")
    found = failed(judge(parsed.judged_as(context({"jurisdiction": "eu"})), Waivers()))
    assert TYPES - set(found) == set()
