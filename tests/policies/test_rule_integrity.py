"""The rules themselves: each notices what it reads, and never passes what is withheld or odd."""

from __future__ import annotations

from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

import policies.rules  # noqa: F401
from policies.context import context
from policies.resource import Properties, Resource
from policies.result import Verdict
from policies.rule import RULES, Rule, catalogue
from policies.stack import Stack
from tests.policies import mutations

EVERY = catalogue()
ALONE = list(RULES.values())
SCORE = 0.95


def test_mutation_score(capsys: pytest.CaptureFixture[str]) -> None:
    results = {rule.id: mutations.unnoticed(rule) for rule in EVERY}
    total = sum(count for _, count in results.values())
    missed = {id: [str(site) for site in kept] for id, (kept, _) in results.items() if kept}
    score = 1 - sum(len(kept) for kept in missed.values()) / total
    with capsys.disabled():
        print(f"\nmutation score {score:.1%} of {total} values; unnoticed: {missed or 'none'}")
    assert score >= SCORE, missed


@pytest.mark.parametrize("rule", EVERY, ids=lambda rule: rule.id)
def test_every_rule_reads_something(rule: Any) -> None:
    assert mutations.sites(rule) or rule.types[0].startswith("pulumi:") or rule.id == "key-protected"


@pytest.mark.parametrize("rule", EVERY, ids=lambda rule: rule.id)
def test_a_withheld_value_never_passes(rule: Any) -> None:
    assert [str(site) for site in mutations.withheld(rule)] == []


values = st.recursive(
    st.none() | st.booleans() | st.integers(-5, 5) | st.floats(allow_nan=False) | st.text(max_size=8),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=6), inner, max_size=3),
    max_leaves=6,
)


@pytest.mark.parametrize("rule", ALONE, ids=lambda rule: rule.id)
@settings(max_examples=25, deadline=None, suppress_health_check=[HealthCheck.too_slow])
@given(data=st.data())
def test_odd_values_never_crash_a_rule(rule: Rule, data: st.DataObject) -> None:
    """The passing input with one value replaced by anything at all, at any depth."""
    cases = mutations.passing(rule)
    places = _everywhere(cases)
    if not places:
        return
    site = data.draw(st.sampled_from(places))
    changed = mutations.mutated(cases, site, data.draw(values))
    assert mutations.verdict(rule, changed) in Verdict


@pytest.mark.parametrize("rule", ALONE, ids=lambda rule: rule.id)
@settings(max_examples=15, deadline=None, suppress_health_check=[HealthCheck.too_slow])
@given(properties=st.dictionaries(st.text(max_size=8), values, max_size=4))
def test_random_properties_never_crash_a_rule(rule: Rule, properties: dict[str, Any]) -> None:
    resource = Resource(rule.types[0].replace("*", "x"), "urn:pulumi:s::p::t::n", "n", Properties(properties))
    stack = Stack([resource], context({"jurisdiction": "eu"}), "s")
    assert rule.finding(resource, stack).verdict in Verdict


def _everywhere(cases: tuple[Any, ...]) -> list[mutations.Site]:
    """Every inner node and leaf of the first stack's resources."""
    found: list[mutations.Site] = []

    def walk(value: Any, resource: int, path: mutations.Path) -> None:
        if path:
            found.append(mutations.Site(0, resource, path))
        if isinstance(value, dict):
            for key, item in value.items():
                walk(item, resource, (*path, key))
        elif isinstance(value, list):
            for index, item in enumerate(value):
                walk(item, resource, (*path, index))

    for index, given_resource in enumerate(cases[0].resources):
        walk(dict(given_resource.properties), index, ())
    return found
