from __future__ import annotations

import pytest

from infra.errors import ConfigError
from infra.jurisdiction import Jurisdiction, jurisdiction, jurisdictions
from infra.perimeter.countries import COUNTRIES, EUROPEAN_UNION, countries


def test_every_jurisdiction_has_countries() -> None:
    assert set(jurisdictions()) <= set(COUNTRIES)


def test_the_union_has_27_members_and_not_the_united_kingdom() -> None:
    assert len(set(EUROPEAN_UNION)) == len(EUROPEAN_UNION) == 27
    assert not {"GB", "CH", "NO"} & set(countries(jurisdiction("eu")))


def test_an_area_without_known_countries() -> None:
    with pytest.raises(ConfigError, match="jurisdiction: 'moon' is not allowed; allowed: ch, de"):
        countries(Jurisdiction("moon", ("moon-1",)))
