from __future__ import annotations

from typing import Any

import pytest

from infra.edge.backend import BackendArgs, ServerlessBackend
from infra.errors import ConfigError
from tests.infra.engine import declare
from tests.infra.sites import SITE


def test_guarded_logged_and_every_service_by_its_host() -> None:
    args = BackendArgs(SITE, "edge", "policy", domain="eu.careplane.example")
    found = declare(lambda: ServerlessBackend("b", args) and None)
    group = found.one("RegionNetworkEndpointGroup").inputs
    assert group["networkEndpointType"] == "SERVERLESS" and group["region"] == "europe-west3"
    assert group["cloudRun"] == {"urlMask": "<service>.eu.careplane.example"}
    backend = found.one("BackendService").inputs
    assert backend["loadBalancingScheme"] == "EXTERNAL_MANAGED"
    assert backend["securityPolicy"] == "policy"
    assert backend["logConfig"] == {"enable": True, "sampleRate": 1.0}
    assert backend["customResponseHeaders"][0].startswith("Strict-Transport-Security: max-age=63072000")


@pytest.mark.parametrize(
    "changes",
    [
        {},
        {"service": "riverside", "domain": "eu.careplane.example"},
        {"domain": "careplane"},
        {"service": "A"},
    ],
)
def test_neither_service_nor_domain_or_both_or_bad(changes: dict[str, Any]) -> None:
    with pytest.raises(ConfigError):
        BackendArgs(SITE, "edge", "policy", **changes)
