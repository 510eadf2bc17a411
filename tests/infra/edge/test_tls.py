from __future__ import annotations

import pytest

from infra.edge.tls import TlsArgs, TlsPolicy
from infra.errors import ConfigError
from tests.infra.engine import declare
from tests.infra.sites import SITE


@pytest.mark.parametrize("minimum", ["TLS_1_3", "TLS_1_2"])
def test_always_the_restricted_profile(minimum: str) -> None:
    found = declare(lambda: TlsPolicy("t", TlsArgs(SITE, minimum=minimum)) and None)
    policy = found.one("SSLPolicy").inputs
    assert (policy["minTlsVersion"], policy["profile"]) == (minimum, "RESTRICTED")


def test_default_is_the_newest_and_older_is_refused() -> None:
    assert TlsArgs(SITE).minimum == "TLS_1_3"
    with pytest.raises(ConfigError, match="TLS_1_2, TLS_1_3"):
        TlsArgs(SITE, minimum="TLS_1_0")
