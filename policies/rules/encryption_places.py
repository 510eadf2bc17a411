"""Encryption at rest, where keys lie: with the data, so that neither is in reach of another jurisdiction."""

from __future__ import annotations

from collections.abc import Iterator, Mapping

from policies.resource import Resource, UnknownValue
from policies.rule import Case, Given, NotApplicable, Problem, rule
from policies.rules import keys
from policies.rules.controls import ENCRYPTION, also
from policies.rules.read import listed, plain, text
from policies.stack import Stack

SQL = "gcp:sql/databaseInstance:DatabaseInstance"
SECRET_TYPE = "gcp:secretmanager/secret:Secret"

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
