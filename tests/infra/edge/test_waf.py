from __future__ import annotations

from typing import Any

import pytest

from infra.edge.waf import RULES, WafRule, all_rules
from infra.errors import ConfigError


def test_every_set_is_on_and_enforced() -> None:
    assert [rule.name for rule in all_rules()] == list(RULES)
    assert not any(rule.preview for rule in all_rules())
    assert "methodenforcement" not in str(RULES)


def test_changed_set_takes_the_place_of_the_default_one() -> None:
    changed = WafRule("xss", 2, ("owasp-crs-v030301-id941330-xss",))
    found = {rule.name: rule.expression for rule in all_rules((changed,))}
    assert len(found) == len(RULES)
    assert found["xss"] == (
        "evaluatePreconfiguredWaf('xss-v33-stable', "
        "{'sensitivity': 2, 'opt_out_rule_ids': ['owasp-crs-v030301-id941330-xss']})"
    )
    assert found["sqli"] == "evaluatePreconfiguredWaf('sqli-v33-stable', {'sensitivity': 1})"


@pytest.mark.parametrize(
    "given",
    [
        {"name": "sql"},
        {"name": "sqli", "sensitivity": 0},
        {"name": "sqli", "sensitivity": 5},
        {"name": "cve", "sensitivity": 4},
        {"name": "sqli", "preview": True},
        {"name": "sqli", "preview": True, "waiver": " "},
        {"name": "sqli", "opt_out": ("x'] || true",)},
    ],
)
def test_rule_that_is_refused(given: dict[str, Any]) -> None:
    with pytest.raises(ConfigError):
        WafRule(**given)


def test_preview_shows_its_waiver() -> None:
    rule = WafRule("rce", preview=True, waiver="Measured until 2999-01-31; OPS-7.")
    assert rule.description == "Preview: Measured until 2999-01-31; OPS-7."


def test_one_set_twice() -> None:
    with pytest.raises(ConfigError, match="each set once"):
        all_rules((WafRule("xss"), WafRule("xss", 2)))
