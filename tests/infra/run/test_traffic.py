from __future__ import annotations

import pytest

from infra.errors import ConfigError
from infra.run.traffic import Share, check, targets

BLUE, GREEN = "riverside-blue", "riverside-green"


def test_all_goes_to_the_latest_unless_split() -> None:
    assert targets({}) == [{"type": "TRAFFIC_TARGET_ALLOCATION_TYPE_LATEST", "percent": 100}]


def test_green_is_reached_by_its_tag_before_it_serves_anybody() -> None:
    split = {GREEN: Share(0, "green"), BLUE: Share(100, "blue")}
    check("riverside", GREEN, split)
    kind = "TRAFFIC_TARGET_ALLOCATION_TYPE_REVISION"
    assert targets(split) == [
        {"type": kind, "revision": BLUE, "percent": 100, "tag": "blue"},
        {"type": kind, "revision": GREEN, "percent": 0, "tag": "green"},
    ]


def test_the_latest_may_take_a_share() -> None:
    assert targets({"latest": Share(10), BLUE: Share(90)})[0] == {
        "type": "TRAFFIC_TARGET_ALLOCATION_TYPE_LATEST",
        "percent": 10,
    }


def test_shares_make_a_hundred() -> None:
    with pytest.raises(ConfigError, match="traffic: '90 % in all' is not allowed"):
        check("riverside", None, {BLUE: Share(50), GREEN: Share(40)})


def test_a_revision_is_named_after_its_service() -> None:
    with pytest.raises(ConfigError, match=r"revision: 'lakeside-1' .* begins with riverside-"):
        check("riverside", None, {"lakeside-1": Share(100)})
    with pytest.raises(ConfigError, match="revision: 'green'"):
        check("riverside", "green", {})


def test_a_tag_is_given_once_and_one_without_requests_has_one() -> None:
    with pytest.raises(ConfigError, match="each tag once"):
        check("riverside", None, {BLUE: Share(50, "a"), GREEN: Share(50, "a")})
    with pytest.raises(ConfigError, match="a tag: without requests a revision needs an address"):
        Share(0)
    with pytest.raises(ConfigError, match="traffic percent: 101"):
        Share(101)
    with pytest.raises(ConfigError, match="traffic tag: 'Green'"):
        Share(0, "Green")
