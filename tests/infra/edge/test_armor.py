from __future__ import annotations

import re
from typing import Any

import pytest

from infra.edge.armor import LAST, Armor, ArmorArgs, host_expression
from infra.edge.limits import RateLimit
from infra.edge.waf import RULES, WafRule
from infra.errors import ConfigError
from tests.infra.engine import declare
from tests.infra.sites import SITE

DOMAIN = "eu.careplane.example"


def policy(**changes: Any) -> dict[str, Any]:
    args = ArmorArgs(SITE, DOMAIN, **changes)
    return declare(lambda: Armor("a", args) and None).one("SecurityPolicy").inputs


def test_every_rule_enforces_and_refusals_come_before_what_lets_in() -> None:
    rules = sorted(policy()["rules"], key=lambda rule: rule["priority"])
    assert not any(rule["preview"] for rule in rules)
    kinds = [rule["action"] for rule in rules]
    assert kinds == ["deny(403)"] * (2 + len(RULES)) + ["rate_based_ban", "deny(403)"]
    assert rules[-1]["priority"] == LAST
    assert rules[-1]["match"]["config"] == {"srcIpRanges": ["*"]}
    assert len({rule["priority"] for rule in rules}) == len(rules)


def test_learns_attacks_reads_json_and_logs_all() -> None:
    found = policy()
    assert found["adaptiveProtectionConfig"]["layer7DdosDefenseConfig"]["enable"] is True
    assert found["advancedOptionsConfig"] == {
        "jsonParsing": "STANDARD",
        "logLevel": "VERBOSE",
        "requestBodyInspectionSize": "64KB",
    }


def test_a_tenants_own_limit_is_tried_first() -> None:
    rules = policy(limits={"riverside": RateLimit(10)})["rules"]
    own = next(rule for rule in rules if rule["description"] == "Limit of riverside")
    every = next(rule for rule in rules if rule["description"] == "Limit of every tenant")
    assert own["priority"] < every["priority"]
    assert own["rateLimitOptions"]["rateLimitThreshold"]["count"] == 10


def test_waived_preview_is_the_only_rule_that_does_not_enforce() -> None:
    rules = policy(waf=(WafRule("rce", preview=True, waiver="Until 2999-01-31."),))["rules"]
    assert [rule["description"] for rule in rules if rule["preview"]] == ["Preview: Until 2999-01-31."]


@pytest.mark.parametrize("host", ["riverside.eu.careplane.example", "Riverside.eu.careplane.example:443"])
def test_host_of_ours(host: str) -> None:
    assert re.search(_pattern(None), host) and re.search(_pattern("riverside"), host)


@pytest.mark.parametrize(
    "host",
    [
        "eu.careplane.example",
        "a.b.eu.careplane.example",
        "riverside.euXcareplane.example",
        "riverside.eu.careplane.example.evil.example",
        "10.0.0.1",
        "",
    ],
)
def test_host_that_is_none_of_ours(host: str) -> None:
    assert not re.search(_pattern(None), host) and not re.search(_pattern("riverside"), host)


def _pattern(tenant: str | None) -> str:
    found = re.fullmatch(r"request\.headers\['host'\]\.matches\('(.+)'\)", host_expression(tenant, DOMAIN))
    assert found
    return found[1]


@pytest.mark.parametrize(
    "changes",
    [
        {"domain": "careplane"},
        {"regions": ("Europe",)},
        {"probes": ("0.0.0.0/0",)},
        {"probes": tuple(f"10.{n}.0.0/16" for n in range(5))},
        {"limits": {"a.b": RateLimit()}},
        {"limits": {f"t{n}": RateLimit() for n in range(10001)}},
    ],
)
def test_arguments_that_are_refused(changes: dict[str, Any]) -> None:
    with pytest.raises(ConfigError):
        ArmorArgs(**{"site": SITE, "domain": DOMAIN, **changes})
