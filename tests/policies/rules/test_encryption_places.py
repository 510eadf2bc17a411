"""Where keys lie: beside their data, under every form in which a resource names one."""

from __future__ import annotations

from typing import Any

import pytest

from policies.resource import SECRET, UNKNOWN, Resource
from policies.result import Verdict
from policies.rule import RULES
from policies.rules.encryption_places import SECRET_TYPE, SQL
from policies.rules.keys import CRYPTO_KEY, EXAMPLE, KEY_RING
from policies.stack import Stack
from tests.policies.judged import stack, verdict

PASSED, FAILED, UNPROVEN, OTHER = (
    Verdict.PASSED,
    Verdict.FAILED,
    Verdict.UNPROVEN,
    Verdict.NOT_APPLICABLE,
)


def key(location: str) -> str:
    return f"projects/p/locations/{location}/keyRings/r/cryptoKeys/k"


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
