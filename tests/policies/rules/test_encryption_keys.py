"""Keys: where each check of a key applies, and what it takes for an answer."""

from __future__ import annotations

from typing import Any

import pytest

from policies.case import Case, Given
from policies.resource import SECRET, UNKNOWN, Resource
from policies.result import Verdict
from policies.rule import RULES
from policies.rules.encryption_keys import EKM, SECRET_TYPE, SQL
from policies.rules.keys import CRYPTO_KEY, EXAMPLE, KEY_RING
from policies.stack import Stack
from tests.policies.judged import findings, stack, verdict

PASSED, FAILED, UNPROVEN, OTHER = (
    Verdict.PASSED,
    Verdict.FAILED,
    Verdict.UNPROVEN,
    Verdict.NOT_APPLICABLE,
)


def key(location: str) -> str:
    return f"projects/p/locations/{location}/keyRings/r/cryptoKeys/k"


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
        ("somebody-elses", "SOFTWARE", FAILED),
        ("somebody-elses", "HSM", PASSED),
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


@pytest.mark.parametrize(
    ("at", "data", "expected"),
    [
        ("europe-west3", "europe-west3", PASSED),
        ("europe-west3", "EUROPE-WEST3", PASSED),
        ("europe-west3", "europe-west4", FAILED),
        ("europe", "europe-west4", PASSED),
        ("europe", "EU", PASSED),
        ("europe", "europe-west6", FAILED),
        ("europe", "europe-west2", FAILED),
        ("europe-west3", "EU", FAILED),
        ("us", "us-central1", PASSED),
        ("us", "europe-west3", FAILED),
        ("global", "europe-west3", FAILED),
        ("global", "global", FAILED),
    ],
)
def test_a_key_lies_with_its_data(at: str, data: str, expected: Verdict) -> None:
    bucket = {"encryption": {"defaultKmsKeyName": key(at)}, "location": data}
    assert verdict("key-location", bucket, "gcp:storage/bucket:Bucket") is expected


TOPIC = "gcp:pubsub/topic:Topic"


@pytest.mark.parametrize(
    ("type", "properties", "expected"),
    [
        (SQL, {"region": "europe-west3"}, OTHER),
        (SQL, {"region": "europe-west3", "encryptionKeyName": "k"}, FAILED),
        (SQL, {"encryptionKeyName": EXAMPLE}, UNPROVEN),
        (SQL, {"encryptionKeyName": EXAMPLE, "region": {"odd": 1}}, UNPROVEN),
        (SQL, {"encryptionKeyName": SECRET, "region": "europe-west3"}, UNPROVEN),
        (TOPIC, {"kmsKeyName": EXAMPLE}, OTHER),
        (TOPIC, {"kmsKeyName": EXAMPLE, "messageStoragePolicy": {"allowedPersistenceRegions": []}}, OTHER),
        (
            TOPIC,
            {
                "kmsKeyName": EXAMPLE,
                "messageStoragePolicy": {"allowedPersistenceRegions": ["europe-west3", "europe-west4"]},
            },
            FAILED,
        ),
        (
            "gcp:cloudrunv2/job:Job",
            {"template": {"template": {"encryptionKey": EXAMPLE}}, "location": "europe-west3"},
            PASSED,
        ),
    ],
)
def test_odd_keys_and_places(type: str, properties: dict[str, Any], expected: Verdict) -> None:
    assert verdict("key-location", properties, type) is expected


def replicas(*given: tuple[str, str]) -> dict[str, Any]:
    listed = [{"location": place, "customerManagedEncryption": {"kmsKeyName": name}} for place, name in given]
    return {"replication": {"userManaged": {"replicas": listed}}}


@pytest.mark.parametrize(
    ("given", "expected"),
    [
        (replicas(("us-east4", key("us-east4")), ("us-central1", key("us-central1"))), PASSED),
        (replicas(("us-east4", key("us-central1"))), FAILED),
        (replicas(("us-east4", "k")), FAILED),
        (replicas(("us-east4", "")), OTHER),
        ({"replication": {"auto": {}}}, OTHER),
        (
            {"replication": {"auto": {"customerManagedEncryption": {"kmsKeyName": key("global")}}}},
            FAILED,
        ),
    ],
)
def test_each_replica_of_a_secret_has_a_key_beside_it(given: dict[str, Any], expected: Verdict) -> None:
    assert verdict("key-location", given, SECRET_TYPE) is expected


@pytest.mark.parametrize(("ring", "expected"), [("europe-west3", PASSED), ("europe-west4", FAILED)])
def test_a_key_that_is_not_made_yet_lies_where_its_ring_lies(ring: str, expected: Verdict) -> None:
    wanted = {"encryptionKeyName": UNKNOWN, "region": "europe-west3"}
    case = stack((SQL, wanted), (CRYPTO_KEY, {"keyRing": UNKNOWN}), (KEY_RING, {"location": ring}))
    root, instance, key, of = case.build().resources
    made: list[Resource] = [
        root,
        instance._replace(references={"encryptionKeyName": (key.urn,)}),
        key._replace(references={"keyRing": (of.urn,)}),
        of,
    ]
    planned = Stack(made, case.build().context, "s")
    assert RULES["key-location"].finding(made[1], planned).verdict is expected


def test_a_key_of_another_stack_that_is_not_known_yet_is_unproven() -> None:
    given = {"encryptionKeyName": UNKNOWN, "region": "europe-west3"}
    assert verdict("key-location", given, SQL) is UNPROVEN


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


def replica(**given: Any) -> tuple[str, dict[str, Any]]:
    return SQL, {"masterInstanceName": "ehr", "region": "europe-west4", **given}


PRIMARY = (SQL, {"name": "ehr", "region": "europe-west3"})
BESIDE = (SQL, {"name": "ehr", "region": "europe-west4"})


@pytest.mark.parametrize(
    ("given", "expected"),
    [
        ([PRIMARY], OTHER),
        ([replica(encryptionKeyName=key("europe-west4")), PRIMARY], PASSED),
        ([replica(encryptionKeyName=key("europe-west4"))], PASSED),
        ([replica(encryptionKeyName=key("europe-west3")), PRIMARY], FAILED),
        ([replica(encryptionKeyName=key("europe")), PRIMARY], FAILED),
        ([replica(), PRIMARY], FAILED),
        ([replica(), BESIDE], OTHER),
        ([replica()], UNPROVEN),
        ([replica(region=None), PRIMARY], UNPROVEN),
    ],
)
def test_a_replica_abroad_has_a_key_of_its_own_region(
    given: list[tuple[str, dict[str, Any]]], expected: Verdict
) -> None:
    assert verdict("sql-replica-own-key", stack(*given)) is expected


def test_one_region_has_no_replica_abroad() -> None:
    assert verdict("sql-replica-own-key", stack(replica(), jurisdiction="ch")) is OTHER
