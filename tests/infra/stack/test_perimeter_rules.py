from __future__ import annotations

from typing import Any

import pytest

from infra.errors import ConfigError
from infra.perimeter.rules import EgressRule, IngressRule
from infra.stack.perimeter_rules import rules
from tests.infra.stack.parts import cell_config

RULE: dict[str, Any] = {
    "title": "backups",
    "operations": {"storage.googleapis.com": ["google.storage.objects.create"]},
    "targets": ["projects/123456789012"],
    "identities": ["serviceAccount:backup@careplane-cell.iam.gserviceaccount.com"],
}


def test_a_rule_says_who_may_call_what_and_where() -> None:
    (rule,) = rules(EgressRule, (RULE,))
    assert isinstance(rule, EgressRule)
    assert rule.title == "backups" and rule.targets == ("projects/123456789012",)
    assert rule.operations[0].service == "storage.googleapis.com"
    assert rule.operations[0].methods == ("google.storage.objects.create",)
    assert rule.identities == tuple(RULE["identities"])


def test_ingress_can_ask_for_an_access_level_and_come_from_a_project() -> None:
    more = {
        "accessLevels": ["accessPolicies/1/accessLevels/operators"],
        "projects": ["projects/210987654321"],
    }
    (rule,) = rules(IngressRule, ({**RULE, **more},))
    assert rule.access_levels == tuple(more["accessLevels"])
    assert rule.projects == ("projects/210987654321",)


def test_no_rules_where_none_are_given() -> None:
    assert rules(IngressRule, ()) == ()


@pytest.mark.parametrize(
    ("change", "key"),
    [
        ({"operations": {"storage.googleapis.com": []}}, "methods"),
        ({"operations": {"storage": ["*"]}}, "service"),
        ({"identities": ["everybody"]}, "identities"),
        ({"identityType": "ANY_IDENTITY"}, "identities"),
        ({"targets": ["careplane-cell"]}, "targets"),
    ],
)
def test_rules_that_are_refused(change: dict[str, Any], key: str) -> None:
    with pytest.raises(ConfigError, match=key):
        rules(EgressRule, ({**RULE, **change},))


def test_a_key_that_no_rule_has() -> None:
    with pytest.raises(ConfigError, match=r"perimeterEgress\[0\]\.whom"):
        cell_config(perimeterEgress=[{**RULE, "whom": "all"}])
