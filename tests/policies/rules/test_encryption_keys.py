"""Keys: where each check of a key applies, and what it takes for an answer."""

from __future__ import annotations

from typing import Any

import pytest

from policies.case import Case, Given
from policies.resource import SECRET, UNKNOWN
from policies.result import Verdict
from policies.rule import RULES
from policies.rules.encryption_keys import EKM
from policies.rules.keys import CRYPTO_KEY, KEY_RING
from tests.policies.judged import findings, stack, verdict

PASSED, FAILED, UNPROVEN, OTHER = (
    Verdict.PASSED,
    Verdict.FAILED,
    Verdict.UNPROVEN,
    Verdict.NOT_APPLICABLE,
)


@pytest.mark.parametrize(
    "period", ["7776001s", "31536000s", "", "-1s", "nans", "infs", "90d", 90, ["7776000s"]]
)
def test_a_key_that_rotates_too_seldom_or_never_fails(period: Any) -> None:
    assert verdict("kms-rotation", {"rotationPeriod": period}) is FAILED


@pytest.mark.parametrize(
    ("properties", "expected"),
    [
        ({"purpose": "ASYMMETRIC_SIGN"}, OTHER),
        ({"importOnly": True}, OTHER),
        ({"versionTemplate": {"protectionLevel": "EXTERNAL"}}, OTHER),
        ({"versionTemplate": {"protectionLevel": "EXTERNAL"}, "rotationPeriod": "7776000s"}, PASSED),
        ({"versionTemplate": {"protectionLevel": "EXTERNAL_VPC"}}, UNPROVEN),
        ({"versionTemplate": {"protectionLevel": "EXTERNAL_VPC"}, "rotationPeriod": "9999999s"}, FAILED),
        ({"versionTemplate": {"protectionLevel": "HSM"}}, FAILED),
        ({"rotationPeriod": UNKNOWN}, UNPROVEN),
    ],
)  # fmt: skip
def test_rotation_by_period_is_asked_of_keys_that_can(properties: dict[str, Any], expected: Verdict) -> None:
    assert verdict("kms-rotation", properties) is expected


@pytest.mark.parametrize(("mode", "expected"), [("CLOUD_KMS", FAILED), ("MANUAL", OTHER), (None, OTHER)])
def test_an_external_key_rotates_by_period_only_if_cloud_kms_manages_it(mode: str, expected: Verdict) -> None:
    name = "projects/p/locations/europe-west3/ekmConnections/ekm"
    external = {"versionTemplate": {"protectionLevel": "EXTERNAL_VPC"}, "cryptoKeyBackend": name}
    case = stack((CRYPTO_KEY, external), (EKM, {"id": name, "keyManagementMode": mode}))
    assert verdict("kms-rotation", case) is expected


def test_the_remedy_of_rotation_passes() -> None:
    mend = RULES["kms-rotation"].mend
    assert mend is not None
    assert verdict("kms-rotation", mend({"rotationPeriod": "31536000s", "name": "k"})) is PASSED


@pytest.mark.parametrize(
    ("profile", "level", "expected"),
    [
        ("saas", "SOFTWARE", FAILED),
        ("saas", "HSM", PASSED),
        ("saas", "EXTERNAL", PASSED),
        ("sovereign-eu", "HSM", FAILED),
        ("sovereign-eu", "EXTERNAL", FAILED),
        ("sovereign-eu", "EXTERNAL_VPC", PASSED),
        ("saas", None, FAILED),
        ("saas", ["HSM"], FAILED),
        ("saas", UNKNOWN, UNPROVEN),
        ("saas", SECRET, UNPROVEN),
    ],
)
def test_the_profile_says_how_keys_are_kept(profile: str, level: Any, expected: Verdict) -> None:
    given = {"versionTemplate": {"protectionLevel": level}}
    assert verdict("kms-protection-level", given, profile=profile) is expected


@pytest.mark.parametrize(
    ("delay", "expected"),
    [
        ("2592000s", PASSED),
        ("10368000s", PASSED),
        ("2591999s", FAILED),
        ("nans", FAILED),
        (30, FAILED),
        (None, UNPROVEN),
        ("", UNPROVEN),
    ],
)
def test_the_delay_before_a_key_is_destroyed(delay: Any, expected: Verdict) -> None:
    assert verdict("kms-destroy-delay", {"destroyScheduledDuration": delay}) is expected


@pytest.mark.parametrize("type", [CRYPTO_KEY, KEY_RING])
@pytest.mark.parametrize(
    ("properties", "protect", "settings", "expected"),
    [
        ({}, True, {}, PASSED),
        ({}, False, {}, FAILED),
        ({}, None, {}, UNPROVEN),
        ({"deletionPolicy": "PREVENT"}, False, {}, PASSED),
        ({"deletionPolicy": "DELETE"}, False, {}, FAILED),
        ({}, False, {"decommission": "true"}, OTHER),
    ],
)
def test_keys_are_protected_until_they_are_decommissioned(
    type: str, properties: dict[str, Any], protect: bool | None, settings: dict[str, str], expected: Verdict
) -> None:
    case = Case((Given(type, properties, protect=protect),), settings)
    assert findings("key-protected", case)[0].verdict is expected
