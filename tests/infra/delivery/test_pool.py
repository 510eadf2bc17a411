from __future__ import annotations

from dataclasses import replace

import pytest

from infra.delivery.pool import BuildPool, BuildPoolArgs
from infra.errors import ConfigError
from tests.infra.delivery.arguments import POOL
from tests.infra.engine import declare
from tests.infra.sites import SITE

ARGS = BuildPoolArgs(SITE, "build", "projects/123456789012/global/networks/cell")


def test_workers_have_no_address_outside() -> None:
    found = declare(lambda: {"id": BuildPool("p", ARGS).id})
    made = found.one("cloudbuild/workerPool:WorkerPool").inputs
    assert made["workerConfig"]["noExternalIp"] is True
    assert made["networkConfig"] == {"peeredNetwork": ARGS.network, "peeredNetworkIpRange": "/29"}
    assert found.outputs == {"id": POOL}


def test_a_network_by_the_projects_name_is_refused() -> None:
    with pytest.raises(ConfigError, match="projects/NUMBER/global/networks/NAME"):
        replace(ARGS, network="projects/careplane-cell/global/networks/cell")


def test_sizes_that_google_would_refuse_are_refused_first() -> None:
    with pytest.raises(ConfigError, match="ip_range: '/30' is not allowed; allowed: /16 to /29"):
        replace(ARGS, ip_range="/30")
    with pytest.raises(ConfigError, match="disk_gib: 10 is not allowed; allowed: 100 to 4000"):
        replace(ARGS, disk_gib=10)
