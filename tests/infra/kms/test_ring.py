from __future__ import annotations

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
