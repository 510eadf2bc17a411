"""Encryption at rest, the keys: they rotate, lie in hardware and near their data, and outlive mistakes."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

from policies.resource import Resource, UnknownValue
from policies.rule import Case, Given, NotApplicable, Problem, rule
from policies.rules import keys
from policies.rules.controls import ENCRYPTION, also
from policies.rules.keys import CRYPTO_KEY, KEY_RING
from policies.rules.read import listed, plain, seconds, text
from policies.stack import Stack

EKM = "gcp:kms/ekmConnection:EkmConnection"
SQL = "gcp:sql/databaseInstance:DatabaseInstance"
SECRET_TYPE = "gcp:secretmanager/secret:Secret"
_DAY = 24 * 3600
_LEVELS = ("SOFTWARE", "HSM", "EXTERNAL", "EXTERNAL_VPC")


def _rotating(properties: Mapping[str, Any]) -> dict[str, Any]:
    return {**properties, "rotationPeriod": f"{90 * _DAY}s"}


@rule(
    id="kms-rotation",
    number=1,
    title="Symmetric Cloud KMS keys rotate at least every 90 days",
    remedy="Set rotationPeriod to 7776000s or less.",
    severity="high",
    types=(CRYPTO_KEY,),
    controls=also(ENCRYPTION, cis=("1.10",)),
    fails={"purpose": "ENCRYPT_DECRYPT"},
    passes={"rotationPeriod": "7776000s"},
    mend=_rotating,
)
def kms_rotation(resource: Resource, stack: Stack) -> Iterator[Problem]:
    purpose = resource.properties.get("purpose") or "ENCRYPT_DECRYPT"
    if purpose != "ENCRYPT_DECRYPT":
        raise NotApplicable(f"keys for {purpose} cannot rotate by period; rotate them by procedure")
    period = resource.properties.get("rotationPeriod")
    if not period:
        _rotates_by_hand(resource, stack)
    found = seconds(period)
    if found is None or not 0 < found <= 90 * _DAY:
        yield Problem("rotationPeriod", period)


def _rotates_by_hand(resource: Resource, stack: Stack) -> None:
    """Raises where Cloud KMS cannot rotate a symmetric key by period.

    https://cloud.google.com/kms/docs/key-rotation#automatic
    """
    if resource.properties.get("importOnly") is True:
        raise NotApplicable("imported keys cannot rotate by period; rotate them by procedure")
    level = text(resource, "versionTemplate.protectionLevel")
    if level == "EXTERNAL":
        raise NotApplicable(
            "manually managed external keys cannot rotate by period; rotate them by procedure"
        )
    if level != "EXTERNAL_VPC":
        return
    connection = stack.referred(resource, "cryptoKeyBackend", EKM)
    if connection is None:
        raise UnknownValue("cryptoKeyBackend", "who manages the external key is not said in this stack")
    if connection.at("keyManagementMode") != "CLOUD_KMS":
        raise NotApplicable(
            "manually managed external keys cannot rotate by period; rotate them by procedure"
        )


@rule(
    id="kms-protection-level",
    number=2,
    title="Keys lie in hardware, or outside Google where the profile asks for that",
    remedy="Set versionTemplate.protectionLevel to HSM, EXTERNAL or EXTERNAL_VPC, as the profile demands.",
    severity="high",
    types=(CRYPTO_KEY,),
    controls=ENCRYPTION,
    fails={"versionTemplate": {"protectionLevel": "SOFTWARE"}},
    passes={"versionTemplate": {"protectionLevel": "HSM"}},
)
def kms_protection_level(resource: Resource, stack: Stack) -> Iterator[Problem]:
    path = "versionTemplate.protectionLevel"
    demanded = stack.context.demands.get("protection_level")
    least = _LEVELS.index(demanded) if demanded in _LEVELS else _LEVELS.index("HSM")
    # Absent is a failure: Cloud KMS's own default is software.
    level = text(resource, path)
    if level not in _LEVELS or _LEVELS.index(level) < least:
        yield Problem(path, resource.at(path))


@rule(
    id="kms-destroy-delay",
    number=3,
    title="Thirty days or more pass between the order to destroy a key and its end",
    remedy="Set destroyScheduledDuration to 2592000s or more when the key is made.",
    severity="high",
    types=(CRYPTO_KEY,),
    controls=ENCRYPTION,
    fails={"destroyScheduledDuration": "86400s"},
    passes={"destroyScheduledDuration": "2592000s"},
)
def kms_destroy_delay(resource: Resource, stack: Stack) -> Iterator[Problem]:
    path = "destroyScheduledDuration"
    delay = resource.at(path)
    if not delay:
        # Google chooses: 30 days today, one day for imported keys and for keys made some years ago.
        raise UnknownValue(path, f"{path} is left to Google, which says it once the key exists")
    found = seconds(delay)
    if found is None or not found >= 30 * _DAY:
        yield Problem(path, delay)


_LOCATED: Mapping[str, tuple[str, str]] = {
    SQL: ("encryptionKeyName", "region"),
    "gcp:healthcare/dataset:Dataset": ("encryptionSpec.kmsKeyName", "location"),
    "gcp:storage/bucket:Bucket": ("encryption.defaultKmsKeyName", "location"),
    "gcp:pubsub/topic:Topic": ("kmsKeyName", "messageStoragePolicy.allowedPersistenceRegions"),
    "gcp:cloudrunv2/service:Service": ("template.encryptionKey", "location"),
    "gcp:cloudrunv2/workerPool:WorkerPool": ("template.encryptionKey", "location"),
    "gcp:cloudrunv2/job:Job": ("template.template.encryptionKey", "location"),
    "gcp:secretmanager/regionalSecret:RegionalSecret": ("customerManagedEncryption.kmsKeyName", "location"),
    "gcp:bigquery/dataset:Dataset": ("defaultEncryptionConfiguration.kmsKeyName", "location"),
    "gcp:logging/projectBucketConfig:ProjectBucketConfig": ("cmekSettings.kmsKeyName", "location"),
    "gcp:logging/folderBucketConfig:FolderBucketConfig": ("cmekSettings.kmsKeyName", "location"),
    "gcp:logging/organizationBucketConfig:OrganizationBucketConfig": ("cmekSettings.kmsKeyName", "location"),
    "gcp:logging/billingAccountBucketConfig:BillingAccountBucketConfig": (
        "cmekSettings.kmsKeyName",
        "location",
    ),
    "gcp:artifactregistry/repository:Repository": ("kmsKeyName", "location"),
    "gcp:redis/instance:Instance": ("customerManagedKey", "region"),
    "gcp:redis/cluster:Cluster": ("kmsKey", "region"),
    "gcp:memorystore/instance:Instance": ("kmsKey", "location"),
}
"""By type: the property that names a key, and the one that says where the data lies."""

_AT_HOME = {"encryptionKeyName": keys.EXAMPLE, "region": "europe-west3"}
_ABROAD = {"encryptionKeyName": keys.EXAMPLE, "region": "europe-west4"}


@rule(
    id="key-location",
    number=4,
    title="Every key lies where the data lies that it protects, or in the multi-region around it",
    remedy="Name a key in the resource's own location in its property for the key, never one in global.",
    severity="high",
    types=(*_LOCATED, SECRET_TYPE),
    controls=also(ENCRYPTION, gdpr=("44",)),
    fails=_ABROAD,
    passes=_AT_HOME,
    whole=True,
)
def key_location(resource: Resource, stack: Stack) -> Iterator[Problem]:
    if resource.type == SECRET_TYPE:
        yield from _replicas(resource)
        return
    path, at = _LOCATED[resource.type]
    key = keys.key_location(resource, path, stack)
    if key == "":
        raise NotApplicable("it names no key; the check of its encryption judges that")
    if key is None:
        yield Problem(path, resource.at(path))
        return
    for place in _places(resource, at):
        if not keys.covers(key, place):
            yield Problem(path, f"a key in {key} for data in {place}")


def _places(resource: Resource, path: str) -> list[str]:
    """Where the data lies; a topic without a storage policy says nothing of it."""
    value = resource.at(path)
    if value and isinstance(value, list):
        return [plain(item, where) for where, item in listed(resource, path)]
    if not value and path.startswith("messageStoragePolicy"):
        raise NotApplicable("its data has no location of its own; check 87 judges that")
    if not isinstance(value, str) or not value:
        raise UnknownValue(path, f"{path} does not say where the data lies")
    return [value]


def _replicas(secret: Resource) -> Iterator[Problem]:
    replicas = [
        (where, text(each, "customerManagedEncryption.kmsKeyName"), text(each, "location"))
        for where, each in secret.each("replication.userManaged.replicas")
    ]
    auto = text(secret, "replication.auto.customerManagedEncryption.kmsKeyName")
    named = [(where, key, place) for where, key, place in replicas if key]
    if not named and not auto:
        raise NotApplicable("it names no key; check 12 judges that")
    if auto:
        # Google spreads such a secret over the world, and takes only a key in global for it.
        yield Problem("replication.auto.customerManagedEncryption.kmsKeyName", auto)
    for where, key, place in named:
        found = keys.location(key)
        if found is None or not keys.covers(found, place):
            path = f"{where}.customerManagedEncryption.kmsKeyName"
            yield Problem(path, f"a key in {found} for data in {place}" if found else key)


@rule(
    id="key-protected",
    number=5,
    title="Neither keys nor their rings are deleted by a change of the program",
    remedy="Set Pulumi's resource option protect, or deletionPolicy to PREVENT.",
    severity="critical",
    types=(CRYPTO_KEY, KEY_RING),
    controls=also(ENCRYPTION, hipaa=("164.308(a)(7)(ii)(A)",)),
    fails=Case((Given(CRYPTO_KEY, {}, protect=False),)),
    passes=Case((Given(CRYPTO_KEY, {}, protect=True),)),
)
def key_protected(resource: Resource, stack: Stack) -> Iterator[Problem]:
    if stack.context.decommission:
        raise NotApplicable("protection is lifted by the decommission step of this stack")
    if resource.at("deletionPolicy") != "PREVENT" and not resource.protected():
        yield Problem("protect", False)


_ELSEWHERE = "projects/p/locations/europe-west4/keyRings/r/cryptoKeys/k"
_REPLICA = {"masterInstanceName": "ehr", "region": "europe-west4"}


@rule(
    id="sql-replica-own-key",
    number=7,
    title="A Cloud SQL replica in another region is encrypted under a key of its own region",
    remedy="Set encryptionKeyName of the replica to a key in its own region.",
    severity="high",
    types=(SQL,),
    controls=also(ENCRYPTION, hipaa=("164.308(a)(7)(ii)(B)",)),
    fails=Case((Given(SQL, _REPLICA, "replica"), Given(SQL, {"name": "ehr", "region": "europe-west3"}))),
    passes={**_REPLICA, "encryptionKeyName": _ELSEWHERE},
    whole=True,
)
def sql_replica_own_key(resource: Resource, stack: Stack) -> Iterator[Problem]:
    if not resource.at("masterInstanceName"):
        raise NotApplicable("it is no replica")
    if stack.context.locations is not None and len(stack.context.locations) == 1:
        raise NotApplicable("the jurisdiction has one region, and no replica can lie in another")
    region = text(resource, "region").lower()
    if not region:
        raise UnknownValue("region", "region does not say where the replica lies")
    if keys.key_location(resource, "encryptionKeyName", stack) == region:
        return
    primary = stack.referred(resource, "masterInstanceName", SQL)
    if primary is None:
        raise UnknownValue("masterInstanceName", "where the primary lies is not said in this stack")
    if text(primary, "region").lower() == region:
        raise NotApplicable("a replica in its primary's region inherits its key")
    yield Problem("encryptionKeyName", resource.at("encryptionKeyName"))
