from __future__ import annotations

import datetime
from typing import Any

import pytest

from infra.errors import ConfigError
from infra.network.exceptions import EgressException, EgressExceptions, ExceptionsArgs, require_distinct
from tests.infra.engine import declare
from tests.infra.sites import SITE

REGISTRY = EgressException("registry", ("198.51.100.0/24",), ("443",), "The national patient registry.")
LABORATORY = EgressException(
    "laboratory", ("10.80.0.0/16",), ("2575",), "Results, over the VPN.", tags=("mllp",)
)


def test_rule_names_its_reason_and_only_a_public_range_gets_a_route() -> None:
    args = ExceptionsArgs(SITE, "cell", (REGISTRY, LABORATORY))
    found = declare(lambda: EgressExceptions("x", args) and None)
    rule = found.one("Firewall", "x-registry").inputs
    assert rule["description"] == "The national patient registry."
    assert rule["direction"] == "EGRESS" and rule["priority"] < 65534
    assert rule["allows"] == [{"protocol": "tcp", "ports": ["443"]}]
    assert rule["logConfig"] == {"metadata": "INCLUDE_ALL_METADATA"}
    assert found.one("Firewall", "x-laboratory").inputs["targetTags"] == ["mllp"]
    assert [each.inputs["destRange"] for each in found.of("Route")] == ["198.51.100.0/24"]


@pytest.mark.parametrize(
    ("changes", "key"),
    [
        ({"reason": " "}, "reason"),
        ({"ranges": ("0.0.0.0/0",)}, "ranges"),
        ({"ranges": ()}, "ranges"),
        ({"ports": ("22",)}, "ports"),
        ({"ports": ()}, "ports"),
        ({"protocol": "all"}, "protocol"),
        ({"name": "Registry"}, "name"),
        ({"expires": datetime.date(2020, 1, 1)}, "expires"),
    ],
)
def test_exception_that_is_refused(changes: dict[str, Any], key: str) -> None:
    given = {"name": "a", "ranges": ("10.0.0.0/8",), "ports": ("443",), "reason": "A."}
    with pytest.raises(ConfigError, match=key):
        EgressException(**{**given, **changes})


def test_exception_holds_to_its_last_day() -> None:
    today = datetime.date.today()
    last = EgressException("a", ("10.0.0.0/8",), ("443",), "A.", today)
    found = declare(lambda: EgressExceptions("x", ExceptionsArgs(SITE, "cell", (last,))) and None)
    assert found.one("Firewall").inputs["description"] == f"A. Until {today.isoformat()}."


def test_two_exceptions_of_one_name() -> None:
    with pytest.raises(ConfigError, match="each name once"):
        require_distinct((REGISTRY, REGISTRY))
