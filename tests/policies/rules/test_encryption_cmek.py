"""What lies under keys: each type's own property, and what holds nothing itself."""

from __future__ import annotations

from typing import Any

import pytest

from policies.resource import SECRET, UNKNOWN
from policies.result import Verdict
from policies.rule import RULES
from policies.rules.keys import EXAMPLE
from tests.policies.judged import findings, stack, verdict

PASSED, FAILED, UNPROVEN, OTHER = (
    Verdict.PASSED,
    Verdict.FAILED,
    Verdict.UNPROVEN,
    Verdict.NOT_APPLICABLE,
)
BY_ID = {rule.number: rule.id for rule in RULES.values() if rule.number in (6, *range(8, 17))}


def nested(path: str, value: Any) -> dict[str, Any]:
    first, _, rest = path.partition(".")
    return {first: nested(rest, value) if rest else value}


@pytest.mark.parametrize(
    ("number", "type", "path"),
    [
        (6, "sql/databaseInstance:DatabaseInstance", "encryptionKeyName"),
        (8, "healthcare/dataset:Dataset", "encryptionSpec.kmsKeyName"),
        (9, "storage/bucket:Bucket", "encryption.defaultKmsKeyName"),
        (10, "pubsub/topic:Topic", "kmsKeyName"),
        (11, "cloudrunv2/service:Service", "template.encryptionKey"),
        (11, "cloudrunv2/workerPool:WorkerPool", "template.encryptionKey"),
        (11, "cloudrunv2/job:Job", "template.template.encryptionKey"),
        (12, "secretmanager/secret:Secret", "replication.auto.customerManagedEncryption.kmsKeyName"),
        (12, "secretmanager/regionalSecret:RegionalSecret", "customerManagedEncryption.kmsKeyName"),
        (13, "bigquery/dataset:Dataset", "defaultEncryptionConfiguration.kmsKeyName"),
        (13, "bigquery/table:Table", "encryptionConfiguration.kmsKeyName"),
        (14, "logging/projectBucketConfig:ProjectBucketConfig", "cmekSettings.kmsKeyName"),
        (14, "logging/folderBucketConfig:FolderBucketConfig", "cmekSettings.kmsKeyName"),
        (14, "logging/organizationBucketConfig:OrganizationBucketConfig", "cmekSettings.kmsKeyName"),
        (14, "logging/billingAccountBucketConfig:BillingAccountBucketConfig", "cmekSettings.kmsKeyName"),
        (15, "artifactregistry/repository:Repository", "kmsKeyName"),
        (16, "redis/instance:Instance", "customerManagedKey"),
        (16, "redis/cluster:Cluster", "kmsKey"),
        (16, "memorystore/instance:Instance", "kmsKey"),
    ],
)
def test_the_key_is_found_where_each_type_names_it(number: int, type: str, path: str) -> None:
    def judged(value: Any) -> Verdict:
        return verdict(BY_ID[number], nested(path, value), f"gcp:{type}")

    assert judged(EXAMPLE) is PASSED
    assert judged(f"{EXAMPLE}/cryptoKeyVersions/1") is PASSED
    assert judged(f"//cloudkms.googleapis.com/{EXAMPLE}") is PASSED
    assert {judged(odd) for odd in ("", "k", "projects/p/secrets/s", 5, ["k"], {"k": 1})} == {FAILED}
    assert judged(UNKNOWN) is UNPROVEN
    assert judged(SECRET) is UNPROVEN


def test_without_any_property_nothing_is_encrypted_under_a_key_of_ours() -> None:
    for number, id in BY_ID.items():
        for type in RULES[id].types:
            expected = OTHER if type.endswith(":Table") else FAILED
            assert verdict(id, {}, type) is expected, (number, type)


@pytest.mark.parametrize(
    ("id", "type", "properties"),
    [
        ("sql-cmek", "gcp:sql/databaseInstance:DatabaseInstance", {"masterInstanceName": "ehr"}),
        ("bigquery-cmek", "gcp:bigquery/dataset:Dataset", {"externalDatasetReference": {"connection": "c"}}),
        ("bigquery-cmek", "gcp:bigquery/table:Table", {"tableId": "t"}),
        ("registry-cmek", "gcp:artifactregistry/repository:Repository", {"mode": "VIRTUAL_REPOSITORY"}),
    ],
)
def test_what_has_no_key_of_its_own_is_not_judged(id: str, type: str, properties: dict[str, Any]) -> None:
    assert verdict(id, properties, type) is OTHER


def test_every_replica_of_a_secret_needs_a_key() -> None:
    with_key = {"location": "europe-west3", "customerManagedEncryption": {"kmsKeyName": EXAMPLE}}
    given = {"replication": {"userManaged": {"replicas": [with_key, {"location": "europe-west4"}, "odd"]}}}
    (found,) = findings("secret-cmek", stack(("gcp:secretmanager/secret:Secret", given)))
    assert found.verdict is FAILED
    path = "replication.userManaged.replicas[1].customerManagedEncryption.kmsKeyName"
    assert found.path == path
    assert "replicas[2] is 'odd'" in found.message


def test_replicas_that_are_no_list_are_unproven() -> None:
    given = {"replication": {"userManaged": {"replicas": "europe-west3"}}}
    assert verdict("secret-cmek", given) is UNPROVEN


def test_the_key_of_a_first_generation_run_service_is_an_annotation() -> None:
    def judged(annotations: Any) -> Verdict:
        given = {"template": {"metadata": {"annotations": annotations}}}
        return verdict("run-cmek", given, "gcp:cloudrun/service:Service")

    assert judged({"run.googleapis.com/encryption-key": EXAMPLE}) is PASSED
    assert judged({"run.googleapis.com/encryption-key": ""}) is FAILED
    assert judged("odd") is FAILED
    assert judged(UNKNOWN) is UNPROVEN


RING = ("gcp:kms/keyRing:KeyRing", {"id": EXAMPLE.split("/cryptoKeys/")[0]})
CRYPTO_KEY = ("gcp:kms/cryptoKey:CryptoKey", {"id": EXAMPLE})


@pytest.mark.parametrize("number", sorted(BY_ID))
def test_a_key_that_its_own_ring_has_lost_is_unproven(number: int) -> None:
    case = RULES[BY_ID[number]].passes.resources[0]
    alone = (case.type, case.properties)
    other = ("gcp:kms/cryptoKey:CryptoKey", {"id": f"{EXAMPLE}2", "name": "k"})
    (found,) = findings(BY_ID[number], stack(alone, RING, other))
    assert (found.verdict, found.message) == (
        UNPROVEN, f"the key {EXAMPLE} is not in this stack though its ring is"
    )  # fmt: skip
    for here in ((RING, CRYPTO_KEY), (CRYPTO_KEY,), (other,)):
        assert verdict(BY_ID[number], stack(alone, *here)) is PASSED


def test_a_key_is_known_by_its_ring_and_name_before_it_has_an_id() -> None:
    ring, _, name = EXAMPLE.partition("/cryptoKeys/")
    planned = ("gcp:kms/cryptoKey:CryptoKey", {"keyRing": ring, "name": name})
    topic = ("gcp:pubsub/topic:Topic", {"kmsKeyName": f"{EXAMPLE}/cryptoKeyVersions/1"})
    assert verdict("topic-cmek", stack(topic, RING, planned)) is PASSED
    assert verdict("topic-cmek", stack(topic, RING)) is UNPROVEN


def test_a_key_whose_name_is_not_known_yet_may_be_the_one() -> None:
    planned = ("gcp:kms/cryptoKey:CryptoKey", {"keyRing": UNKNOWN, "name": "k"})
    topic = ("gcp:pubsub/topic:Topic", {"kmsKeyName": EXAMPLE})
    assert verdict("topic-cmek", stack(topic, RING, planned)) is UNPROVEN
