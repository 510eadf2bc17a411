from __future__ import annotations

import pytest

from infra.errors import ConfigError
from infra.kms.ring import Ring, RingArgs
from tests.infra.engine import Declared, declare
from tests.infra.sites import SITE


def ring(**options: object) -> Declared:
    keys = {"data": "ENCRYPT_DECRYPT", "token": "ASYMMETRIC_SIGN"}
    return declare(lambda: Ring("r", RingArgs(SITE, "r", keys, **options)) and None)  # type: ignore[arg-type]


def test_rotation_delay_and_level() -> None:
    data = ring().one("CryptoKey", "r-data").inputs
    assert data["rotationPeriod"] == "7776000s"
    assert data["destroyScheduledDuration"] == "2592000s"
    assert data["versionTemplate"] == {"algorithm": "GOOGLE_SYMMETRIC_ENCRYPTION", "protectionLevel": "HSM"}


def test_signing_keys_do_not_rotate() -> None:
    assert "rotationPeriod" not in ring().one("CryptoKey", "r-token").inputs


def test_keys_lie_in_the_sites_region_and_are_protected() -> None:
    found = ring()
    assert found.one("KeyRing").inputs["location"] == SITE.region
    assert all(each.protect for each in found.of("CryptoKey"))


def test_retained_keys() -> None:
    found = ring(retained=("data",))
    assert found.one("CryptoKey", "r-data").retained
    assert not found.one("CryptoKey", "r-token").retained


@pytest.mark.parametrize("level", ["SOFTWARE", "HSM"])
def test_google_makes_the_material(level: str) -> None:
    found = ring(protection_level=level)
    key = found.one("CryptoKey", "r-data").inputs
    assert key["versionTemplate"]["protectionLevel"] == level
    assert not {"cryptoKeyBackend", "skipInitialVersionCreation"} & set(key)
    assert not found.of("CryptoKeyVersion")


def test_a_shorter_rotation_and_a_longer_delay() -> None:
    data = ring(rotation_days=30, destroy_delay_days=60).one("CryptoKey", "r-data").inputs
    assert (data["rotationPeriod"], data["destroyScheduledDuration"]) == ("2592000s", "5184000s")


def test_coordinated_external_keys_rotate() -> None:
    data = ring(protection_level="EXTERNAL_VPC", backend="ekm").one("CryptoKey", "r-data").inputs
    assert data["cryptoKeyBackend"] == "ekm"
    assert data["versionTemplate"]["algorithm"] == "EXTERNAL_SYMMETRIC_ENCRYPTION"
    assert data["rotationPeriod"] == "7776000s"


@pytest.mark.parametrize(
    ("level", "backend", "property"),
    [("EXTERNAL", None, "externalKeyUri"), ("EXTERNAL_VPC", "ekm", "ekmConnectionKeyPath")],
)
def test_keys_made_by_hand_do_not_rotate(level: str, backend: str | None, property: str) -> None:
    made = {"data": "v0/data", "token": "v0/token"}
    found = ring(protection_level=level, backend=backend, external_keys=made)
    data = found.one("CryptoKey", "r-data").inputs
    assert "rotationPeriod" not in data and data["skipInitialVersionCreation"] is True
    version = found.one("CryptoKeyVersion", "r-data-1")
    assert version.inputs["externalProtectionLevelOptions"] == {property: "v0/data"}
    assert version.protect


@pytest.mark.parametrize(
    ("options", "named"),
    [
        ({"rotation_days": 91}, "rotation_days: 91 is not allowed; allowed: 1 to 90 days"),
        ({"rotation_days": 0}, "rotation_days"),
        ({"destroy_delay_days": 29}, "destroy_delay_days: 29 is not allowed; allowed: 30 to 120 days"),
        ({"destroy_delay_days": 121}, "destroy_delay_days"),
        ({"protection_level": "NONE"}, "protection_level.*EXTERNAL, EXTERNAL_VPC, HSM, SOFTWARE"),
        ({"protection_level": "EXTERNAL_VPC"}, "backend: nothing was given"),
        ({"backend": "ekm"}, "backend"),
        ({"protection_level": "EXTERNAL"}, "external_keys: nothing was given.*data, token"),
        ({"external_keys": {"data": "v0/data", "token": "v0/token"}}, "external_keys"),
        (
            {"protection_level": "EXTERNAL_VPC", "backend": "ekm", "external_keys": {"data": "v0/data"}},
            "external_keys: 'data'",
        ),
        ({"retained": ("audit",)}, "retained: 'audit' is not allowed; allowed: data, token"),
    ],
)
def test_refused(options: dict[str, object], named: str) -> None:
    with pytest.raises(ConfigError, match=named):
        ring(**options)


def test_a_purpose_that_nothing_here_needs() -> None:
    with pytest.raises(ConfigError, match="keys: data: 'MAC' is not allowed"):
        RingArgs(SITE, "r", {"data": "MAC"})  # type: ignore[dict-item]
