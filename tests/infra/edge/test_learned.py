from __future__ import annotations

import pytest

from infra.edge.learned import LearnedArgs, LearnedRoutes
from infra.errors import ConfigError
from tests.infra.engine import declare
from tests.infra.sites import SITE


def test_own_ranges_are_accepted_and_all_others_dropped_last() -> None:
    args = LearnedArgs(SITE, "router", "vpn-riverside", ("10.80.0.0/16", "10.82.0.0/24"))
    found = declare(lambda: LearnedRoutes("l", args) and None)
    policy = found.one("RouterRoutePolicy").inputs
    assert policy["type"] == "ROUTE_POLICY_TYPE_IMPORT" and policy["router"] == "router"
    terms = sorted(policy["terms"], key=lambda term: term["priority"])
    decided = [(term["match"]["expression"], term["actions"][0]["expression"]) for term in terms]
    assert decided == [
        ("destination.inAnyRange(prefix('10.80.0.0/16').orLonger())", "accept()"),
        ("destination.inAnyRange(prefix('10.82.0.0/24').orLonger())", "accept()"),
        ("destination.inAnyRange(prefix('0.0.0.0/0').orLonger())", "drop()"),
    ]


@pytest.mark.parametrize("accepted", [(), ("0.0.0.0/0",), ("10.0.0.0/8", "10.0.0.0/8")])
def test_everything_or_nothing_is_refused(accepted: tuple[str, ...]) -> None:
    with pytest.raises(ConfigError, match="accepted"):
        LearnedArgs(SITE, "router", "vpn-riverside", accepted)
