from __future__ import annotations

import pytest

from infra.edge.private_asn import PARTNER, require_asn
from infra.errors import ConfigError


@pytest.mark.parametrize("given", [64511, 65535, 4199999999, 4294967295, 15169, PARTNER])
def test_public_or_reserved_number(given: int) -> None:
    with pytest.raises(ConfigError, match="64512"):
        require_asn("asn", given)


@pytest.mark.parametrize("given", [64512, 65534, 4200000000, 4294967294])
def test_private_number(given: int) -> None:
    assert require_asn("asn", given) == given
