"""Encryption at rest: keys rotate, and what holds patient data is under a key of ours."""

from __future__ import annotations

from collections.abc import Iterator

from policies.resource import Resource
from policies.rule import NotApplicable, Problem, rule
from policies.rules.controls import ENCRYPTION, with_cis
from policies.stack import Stack

KEY = "projects/p/locations/europe-west3/keyRings/r/cryptoKeys/k"
_NINETY_DAYS = 90 * 24 * 3600


def _missing(resource: Resource, path: str) -> Iterator[Problem]:
    if not resource.at(path):
        yield Problem(path, resource.at(path))


@rule(
    id="kms-rotation",
    number=1,
    title="Symmetric Cloud KMS keys rotate at least every 90 days",
    remedy="Set rotationPeriod to 7776000s or less.",
    severity="high",
    types=("gcp:kms/cryptoKey:CryptoKey",),
    controls=with_cis(ENCRYPTION, "1.10"),
    fails={"purpose": "ENCRYPT_DECRYPT"},
    passes={"purpose": "ENCRYPT_DECRYPT", "rotationPeriod": "7776000s"},
)
def kms_rotation(resource: Resource, stack: Stack) -> Iterator[Problem]:
    purpose = resource.properties.get("purpose") or "ENCRYPT_DECRYPT"
    if purpose != "ENCRYPT_DECRYPT":
        raise NotApplicable(f"keys for {purpose} cannot rotate by period; rotate them by procedure")
    period = resource.properties.get("rotationPeriod")
    if not period or float(str(period).rstrip("s")) > _NINETY_DAYS:
        yield Problem("rotationPeriod", period)


@rule(
    id="sql-cmek",
    number=6,
    title="Cloud SQL instances are encrypted under a customer-managed key",
    remedy="Set encryptionKeyName to a key in the instance's region.",
    severity="critical",
    types=("gcp:sql/databaseInstance:DatabaseInstance",),
    controls=ENCRYPTION,
    fails={"name": "ehr"},
    passes={"encryptionKeyName": KEY},
)
def sql_cmek(resource: Resource, stack: Stack) -> Iterator[Problem]:
    if resource.properties.get("masterInstanceName") and not resource.properties.get("encryptionKeyName"):
        raise NotApplicable(
            "a replica in its primary's region inherits its key; check 7 judges other regions"
        )
    yield from _missing(resource, "encryptionKeyName")


@rule(
    id="healthcare-cmek",
    number=8,
    title="Healthcare datasets, and so their FHIR stores, are encrypted under a customer-managed key",
    remedy="Set encryptionSpec.kmsKeyName to the tenant's key.",
    severity="critical",
    types=("gcp:healthcare/dataset:Dataset",),
    controls=ENCRYPTION,
    fails={"name": "ehr"},
    passes={"encryptionSpec": {"kmsKeyName": KEY}},
)
def healthcare_cmek(resource: Resource, stack: Stack) -> Iterator[Problem]:
    yield from _missing(resource, "encryptionSpec.kmsKeyName")


@rule(
    id="bucket-cmek",
    number=9,
    title="Buckets are encrypted under a customer-managed key",
    remedy="Set encryption.defaultKmsKeyName.",
    severity="critical",
    types=("gcp:storage/bucket:Bucket",),
    controls=ENCRYPTION,
    fails={"name": "documents"},
    passes={"encryption": {"defaultKmsKeyName": KEY}},
)
def bucket_cmek(resource: Resource, stack: Stack) -> Iterator[Problem]:
    yield from _missing(resource, "encryption.defaultKmsKeyName")


@rule(
    id="topic-cmek",
    number=10,
    title="Pub/Sub topics are encrypted under a customer-managed key",
    remedy="Set kmsKeyName.",
    severity="high",
    types=("gcp:pubsub/topic:Topic",),
    controls=ENCRYPTION,
    fails={"name": "events"},
    passes={"kmsKeyName": KEY},
)
def topic_cmek(resource: Resource, stack: Stack) -> Iterator[Problem]:
    yield from _missing(resource, "kmsKeyName")
