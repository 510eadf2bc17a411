"""Which resources hold what cannot be made again, and what a plan would do to them."""

from __future__ import annotations

from collections.abc import Collection
from fnmatch import fnmatchcase

from infra.cli.events import Outcome

STATEFUL = {
    "gcp:artifactregistry/repository:Repository": "images",
    "gcp:bigquery/dataset:Dataset": "tables",
    "gcp:bigquery/table:Table": "rows",
    "gcp:healthcare/consentStore:ConsentStore": "consents",
    "gcp:healthcare/dataset:Dataset": "all stores of the dataset",
    "gcp:healthcare/dicomStore:DicomStore": "images",
    "gcp:healthcare/fhirStore:FhirStore": "records",
    "gcp:healthcare/hl7Store:Hl7Store": "messages",
    "gcp:kms/cryptoKey:CryptoKey": "everything encrypted under the key",
    "gcp:kms/cryptoKeyVersion:CryptoKeyVersion": "everything encrypted under the version",
    "gcp:kms/keyRing:KeyRing": "the names of its keys, for ever",
    "gcp:logging/folderBucketConfig:FolderBucketConfig": "the audit trail",
    "gcp:logging/organizationBucketConfig:OrganizationBucketConfig": "the audit trail",
    "gcp:logging/projectBucketConfig:ProjectBucketConfig": "the audit trail",
    "gcp:organizations/project:Project": "all that is in the project",
    "gcp:pubsub/subscription:Subscription": "messages that nobody has acknowledged",
    "gcp:pubsub/topic:Topic": "messages that nobody has received",
    "gcp:redis/instance:Instance": "sessions and counters",
    "gcp:secretmanager/secret:Secret": "its versions",
    "gcp:secretmanager/secretVersion:SecretVersion": "the secret's value",
    "gcp:sql/database:Database": "tables",
    "gcp:sql/databaseInstance:DatabaseInstance": "databases and backups",
    "gcp:storage/bucket:Bucket": "documents",
}
"""Type token: what is lost when such a resource is replaced or deleted."""


def endangered(plan: Outcome, allowed: Collection[str] = ()) -> list[str]:
    """URNs of stateful resources that the plan replaces or deletes and nobody allowed (names or globs)."""
    return sorted(
        urn
        for urn, token in plan.removed.items()
        if token in STATEFUL and not any(fnmatchcase(urn, each) for each in allowed)
    )
