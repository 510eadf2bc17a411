"""Encryption at rest, what lies under the keys: everything that holds patient data names a key of ours."""

from __future__ import annotations

from collections.abc import Iterator, Mapping

from policies.resource import Properties, Resource
from policies.rule import NotApplicable, Problem, rule
from policies.rules import keys
from policies.rules.controls import ENCRYPTION, also
from policies.rules.read import listed
from policies.stack import Stack

KEY = keys.EXAMPLE


def _encrypted(holder: Resource | Properties, stack: Stack, path: str, prefix: str = "") -> Iterator[Problem]:
    yield from _key(holder.at(path), stack, f"{prefix}{path}")


def _key(value: object, stack: Stack, path: str) -> Iterator[Problem]:
    if not keys.is_key(value, path):
        yield Problem(path, value)
    else:
        keys.require_present(str(value), path, stack)


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
    yield from _encrypted(resource, stack, "encryptionKeyName")


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
    yield from _encrypted(resource, stack, "encryptionSpec.kmsKeyName")


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
    yield from _encrypted(resource, stack, "encryption.defaultKmsKeyName")


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
    yield from _encrypted(resource, stack, "kmsKeyName")


_RUN: Mapping[str, str] = {
    "gcp:cloudrunv2/service:Service": "template.encryptionKey",
    "gcp:cloudrunv2/job:Job": "template.template.encryptionKey",
    "gcp:cloudrunv2/workerPool:WorkerPool": "template.encryptionKey",
}
_RUN_V1 = "gcp:cloudrun/service:Service"
_RUN_V1_KEY = "run.googleapis.com/encryption-key"


@rule(
    id="run-cmek",
    number=11,
    title="Cloud Run services, jobs and worker pools are encrypted under a customer-managed key",
    remedy="Set template.encryptionKey, of a job template.template.encryptionKey.",
    severity="high",
    types=(*_RUN, _RUN_V1),
    controls=ENCRYPTION,
    fails={"template": {"serviceAccount": "runtime@p.iam.gserviceaccount.com"}},
    passes={"template": {"encryptionKey": KEY}},
)
def run_cmek(resource: Resource, stack: Stack) -> Iterator[Problem]:
    if resource.type != _RUN_V1:
        yield from _encrypted(resource, stack, _RUN[resource.type])
        return
    path = "template.metadata.annotations"
    annotations = resource.at(path)
    value = annotations.get(_RUN_V1_KEY) if isinstance(annotations, Properties) else None
    yield from _key(value, stack, f"{path}[{_RUN_V1_KEY}]")


@rule(
    id="secret-cmek",
    number=12,
    title="Every replica of a secret is encrypted under a customer-managed key",
    remedy="Set customerManagedEncryption.kmsKeyName of every item of replication.userManaged.replicas.",
    severity="high",
    types=("gcp:secretmanager/secret:Secret", "gcp:secretmanager/regionalSecret:RegionalSecret"),
    controls=ENCRYPTION,
    fails={"replication": {"userManaged": {"replicas": [{"location": "europe-west3"}]}}},
    passes={
        "replication": {"userManaged": {"replicas": [{"customerManagedEncryption": {"kmsKeyName": KEY}}]}}
    },
)
def secret_cmek(resource: Resource, stack: Stack) -> Iterator[Problem]:
    path = "customerManagedEncryption.kmsKeyName"
    if resource.type.endswith("RegionalSecret"):
        yield from _encrypted(resource, stack, path)
        return
    replicas = listed(resource, "replication.userManaged.replicas")
    if not replicas:
        yield from _encrypted(resource, stack, f"replication.auto.{path}")
    for where, replica in replicas:
        if isinstance(replica, Properties):
            yield from _encrypted(replica, stack, path, f"{where}.")
        else:
            yield Problem(where, replica)


@rule(
    id="bigquery-cmek",
    number=13,
    title="BigQuery tables are encrypted under a customer-managed key, by default of their dataset",
    remedy="Set defaultEncryptionConfiguration.kmsKeyName of the dataset.",
    severity="high",
    types=("gcp:bigquery/dataset:Dataset", "gcp:bigquery/table:Table"),
    controls=also(ENCRYPTION, cis=("7.3",)),
    fails={"datasetId": "analytics"},
    passes={"defaultEncryptionConfiguration": {"kmsKeyName": KEY}},
)
def bigquery_cmek(resource: Resource, stack: Stack) -> Iterator[Problem]:
    if resource.type == "gcp:bigquery/dataset:Dataset":
        if resource.at("externalDatasetReference"):
            raise NotApplicable("its data lies outside BigQuery")
        yield from _encrypted(resource, stack, "defaultEncryptionConfiguration.kmsKeyName")
    elif resource.at("encryptionConfiguration") is None:
        raise NotApplicable("a table takes its dataset's key, which is judged there")
    else:
        yield from _encrypted(resource, stack, "encryptionConfiguration.kmsKeyName")


@rule(
    id="log-bucket-cmek",
    number=14,
    title="Log buckets are encrypted under a customer-managed key",
    remedy="Set cmekSettings.kmsKeyName when the log bucket is made.",
    severity="high",
    types=(
        "gcp:logging/projectBucketConfig:ProjectBucketConfig",
        "gcp:logging/folderBucketConfig:FolderBucketConfig",
        "gcp:logging/organizationBucketConfig:OrganizationBucketConfig",
        "gcp:logging/billingAccountBucketConfig:BillingAccountBucketConfig",
    ),
    controls=also(ENCRYPTION, hipaa=("164.312(b)",), nist=("AU-9",)),
    fails={"bucketId": "audit"},
    passes={"cmekSettings": {"kmsKeyName": KEY}},
)
def log_bucket_cmek(resource: Resource, stack: Stack) -> Iterator[Problem]:
    yield from _encrypted(resource, stack, "cmekSettings.kmsKeyName")


@rule(
    id="registry-cmek",
    number=15,
    title="Artifact Registry repositories are encrypted under a customer-managed key",
    remedy="Set kmsKeyName when the repository is made.",
    severity="medium",
    types=("gcp:artifactregistry/repository:Repository",),
    controls=ENCRYPTION,
    fails={"repositoryId": "careplane"},
    passes={"kmsKeyName": KEY},
)
def registry_cmek(resource: Resource, stack: Stack) -> Iterator[Problem]:
    if resource.at("mode") == "VIRTUAL_REPOSITORY":
        raise NotApplicable("a virtual repository stores nothing itself")
    yield from _encrypted(resource, stack, "kmsKeyName")


_CACHES: Mapping[str, str] = {
    "gcp:redis/instance:Instance": "customerManagedKey",
    "gcp:redis/cluster:Cluster": "kmsKey",
    "gcp:memorystore/instance:Instance": "kmsKey",
}


@rule(
    id="redis-cmek",
    number=16,
    title="Memorystore instances and clusters are encrypted under a customer-managed key",
    remedy="Set customerManagedKey, of a cluster kmsKey, when the instance is made.",
    severity="high",
    types=tuple(_CACHES),
    controls=ENCRYPTION,
    fails={"name": "sessions"},
    passes={"customerManagedKey": KEY},
)
def redis_cmek(resource: Resource, stack: Stack) -> Iterator[Problem]:
    yield from _encrypted(resource, stack, _CACHES[resource.type])
