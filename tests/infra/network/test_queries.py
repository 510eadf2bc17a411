from __future__ import annotations

from infra.network.queries import QueryLogging, QueryLoggingArgs
from tests.infra.engine import declare
from tests.infra.sites import SITE


def test_logs_the_network_and_forwards_for_nobody() -> None:
    found = declare(lambda: QueryLogging("q", QueryLoggingArgs(SITE, "net")) and None)
    policy = found.one("dns/policy:Policy").inputs
    assert policy["enableLogging"] is True and policy["enableInboundForwarding"] is False
    assert policy["networks"] == [{"networkUrl": "net"}]
