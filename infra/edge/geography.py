"""From where requests are taken: the jurisdiction's countries, as Cloud Armor's `origin.region_code`.

`countries` of `stacks/jurisdictions.yaml` holds ISO 3166-1 codes; overseas territories have their own.

https://cloud.google.com/armor/docs/rules-language-reference
"""

from __future__ import annotations

import re
from collections.abc import Iterable

from infra.errors import ConfigError
from infra.jurisdiction import Jurisdiction


def region_codes(jurisdiction: Jurisdiction, further: Iterable[str] = ()) -> tuple[str, ...]:
    """The jurisdiction's own codes and `further` ones, e.g. of a neighbour whose patients come over."""
    codes = tuple(sorted({*jurisdiction.countries, *further}))
    if not codes:
        raise ConfigError("regions", None, f"region codes, as {jurisdiction.name!r} has no `countries`")
    for code in codes:
        if not re.fullmatch("[A-Z]{2}", code):
            raise ConfigError("regions", code, "two capital letters of ISO 3166-1")
    return codes


def outside(codes: Iterable[str], probes: Iterable[str] = ()) -> str:
    """An expression that matches a request from elsewhere, except from the ranges of `probes`."""
    parts = [f"!origin.region_code.matches('^({'|'.join(codes)})$')"]
    return " && ".join([*parts, *(f"!inIpRange(origin.ip, '{each}')" for each in probes)])
