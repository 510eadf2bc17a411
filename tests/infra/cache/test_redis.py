from __future__ import annotations

from dataclasses import replace
from typing import Any

import pulumi
import pytest

from infra.cache.redis import Redis, RedisArgs
from infra.errors import ConfigError
from tests.infra.engine import declare
from tests.infra.sites import SITE

KEY = "projects/p/locations/europe-west3/keyRings/riverside/cryptoKeys/clinical"
ARGS = RedisArgs(SITE, "riverside", "net", KEY)


def cache(args: RedisArgs = ARGS) -> dict[str, Any]:
    found = declare(lambda: Redis("c", args) and None).one("redis/instance:Instance")
    assert found.protect is args.site.protected
    return found.inputs


def test_tls_and_auth_are_on_under_our_key_inside_the_network() -> None:
    made = cache()
    assert made["transitEncryptionMode"] == "SERVER_AUTHENTICATION" and made["authEnabled"] is True
    assert made["customerManagedKey"] == KEY
    assert (made["connectMode"], made["authorizedNetwork"]) == ("PRIVATE_SERVICE_ACCESS", "net")
    assert made["tier"] == "STANDARD_HA"
    assert made["persistenceConfig"] == {"persistenceMode": "RDB", "rdbSnapshotPeriod": "SIX_HOURS"}


def test_the_auth_string_is_a_secret_and_the_certificates_are_not() -> None:
    async def secrecy(made: Redis) -> dict[str, bool]:
        return {"auth": await made.auth.is_secret(), "certificates": await made.certificates.is_secret()}

    def program() -> dict[str, Any]:
        made = Redis("c", ARGS)
        return {"found": pulumi.Output.from_input(secrecy(made)), "pem": made.certificates}

    found = declare(program).outputs
    assert found["found"] == {"auth": True, "certificates": False}
    assert found["pem"] == "-----BEGIN CERTIFICATE-----"


def test_nothing_is_kept_where_nothing_may_be() -> None:
    assert cache(replace(ARGS, snapshots=None))["persistenceConfig"] == {"persistenceMode": "DISABLED"}


def test_decommissioning_lifts_its_protection() -> None:
    assert cache()["deletionProtection"] is True
    assert cache(replace(ARGS, site=replace(SITE, protected=False)))["deletionProtection"] is False


@pytest.mark.parametrize(
    ("given", "message"),
    [
        ({"memory_gib": 0}, "memory_gib: 0 is not allowed; allowed: 1 to 300"),
        ({"tier": "LARGE"}, "allowed: BASIC, STANDARD_HA"),
        ({"version": "REDIS_5_0"}, "allowed: REDIS_6_X or later"),
        ({"snapshots": "DAILY"}, "ONE_HOUR"),
        ({"maintenance_day": "Sunday"}, "SUNDAY"),
        ({"maintenance_hour": 24}, "0 to 23"),
        ({"key": KEY.replace("west3", "west4")}, "a key in locations/europe-west3"),
    ],
)
def test_a_value_that_google_would_refuse_is_refused_first(given: dict[str, Any], message: str) -> None:
    with pytest.raises(ConfigError, match=message):
        replace(ARGS, **given)
