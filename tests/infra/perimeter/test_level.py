from __future__ import annotations

from collections.abc import Callable

import pytest

from infra.errors import ConfigError
from infra.jurisdiction import jurisdiction
from infra.perimeter.level import Condition, Device, Level, LevelArgs, inside
from tests.infra.engine import declare


def test_origin_address_and_device() -> None:
    conditions = (inside(jurisdiction("de")), Condition(ranges=("192.0.2.0/24",), device=Device()))
    found = declare(lambda: {"name": Level("l", LevelArgs("12", "clinic", conditions)).name})
    assert found.outputs == {"name": "accessPolicies/12/accessLevels/clinic"}
    assert found.one("AccessLevel").inputs["basic"] == {
        "combiningFunction": "AND",
        "conditions": [
            {"regions": ["DE"]},
            {
                "ipSubnetworks": ["192.0.2.0/24"],
                "devicePolicy": {
                    "requireScreenLock": True,
                    "allowedEncryptionStatuses": ["ENCRYPTED"],
                    "allowedDeviceManagementLevels": ["COMPLETE"],
                },
            },
        ],
    }


def test_members_under_other_levels() -> None:
    condition = Condition(members=("user:a@b.c",), levels=("accessPolicies/12/accessLevels/clinic",))
    assert condition.described() == {
        "members": ["user:a@b.c"],
        "required_access_levels": ["accessPolicies/12/accessLevels/clinic"],
    }


@pytest.mark.parametrize(
    ("make", "named"),
    [
        (lambda: Condition(), "condition: nothing was given"),
        (lambda: Condition(countries=("Germany",)), "countries: 'Germany'"),
        (lambda: Condition(members=("group:g@b.c",)), "members: 'group:g@b.c'.*no group"),
        (lambda: Condition(ranges=("192.0.2.1/24",)), "no host bits set"),
        (lambda: Condition(ranges=("0.0.0.0/0",)), "ranges: '0.0.0.0/0' is not allowed; allowed: /8"),
        (lambda: Condition(ranges=("::/0",)), "allowed: /19 or narrower"),
        (lambda: Device(management=("NONE",)), "management: 'NONE' is not allowed; allowed: BASIC, COMPLETE"),
        (lambda: Device(management=()), "management: nothing was given"),
        (lambda: LevelArgs("12", "my-level", (Condition(countries=("DE",)),)), "level: 'my-level'"),
        (lambda: LevelArgs("12", "l", ()), "conditions: nothing was given"),
        (lambda: LevelArgs("12", "l", (Condition(countries=("DE",)),), "XOR"), "combine: 'XOR'.*AND, OR"),
    ],
)
def test_refused(make: Callable[[], object], named: str) -> None:
    with pytest.raises(ConfigError, match=named):
        make()
