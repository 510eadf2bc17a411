from __future__ import annotations

import re

import pytest

from infra.edge.geography import outside, region_codes
from infra.errors import ConfigError
from infra.jurisdiction import Jurisdiction, jurisdiction, jurisdictions


def test_every_jurisdiction_says_from_where_requests_come() -> None:
    for each in jurisdictions().values():
        assert region_codes(each), each.name


def test_further_codes_add_and_none_is_lost() -> None:
    assert region_codes(jurisdiction("ch"), ("LI",)) == ("CH", "LI")


def test_only_the_named_countries_match() -> None:
    expression = outside(region_codes(jurisdiction("eu")), ("203.0.113.0/24",))
    found = re.match(
        r"!origin\.region_code\.matches\('(.+)'\) && !inIpRange\(origin\.ip, '(.+)'\)$", expression
    )
    assert found and found[2] == "203.0.113.0/24"
    assert re.search(found[1], "DE") and re.search(found[1], "SK")
    assert not re.search(found[1], "US") and not re.search(found[1], "ADE") and not re.search(found[1], "")


def test_no_code_and_bad_code() -> None:
    with pytest.raises(ConfigError, match="countries"):
        region_codes(Jurisdiction("mars", ("mars-north1",)))
    with pytest.raises(ConfigError, match="two capital letters"):
        region_codes(jurisdiction("de"), ("Germany",))
