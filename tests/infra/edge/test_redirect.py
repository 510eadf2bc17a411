from __future__ import annotations

import pytest

from infra.edge.redirect import Redirect, RedirectArgs
from infra.errors import ConfigError
from tests.infra.engine import declare
from tests.infra.sites import SITE


def test_http_is_a_permanent_redirect_and_nothing_else() -> None:
    found = declare(lambda: Redirect("r", RedirectArgs(SITE, {"IPV4": "203.0.113.10"})) and None)
    urls = found.one("URLMap").inputs
    assert urls["defaultUrlRedirect"] == {
        "httpsRedirect": True,
        "redirectResponseCode": "MOVED_PERMANENTLY_DEFAULT",
        "stripQuery": False,
    }
    assert "defaultService" not in urls and "pathMatchers" not in urls
    rule = found.one("GlobalForwardingRule").inputs
    assert (rule["portRange"], rule["ipAddress"]) == ("80", "203.0.113.10")
    assert not found.of("BackendService")


def test_name_that_compute_engine_refuses() -> None:
    with pytest.raises(ConfigError, match=r"redirect\.name"):
        RedirectArgs(SITE, {}, "Edge")
