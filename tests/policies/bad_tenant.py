"""A tenant in 25 resource types, each as it must not be: what a scanner that stays silent is measured by."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

_P = "projects/bad"
_TOPIC = f"{_P}/topics/events"
_DATASET = f"{_P}/locations/us-central1/datasets/ehr"
_STORE = f"{_DATASET}/fhirStores/ehr"
_PASSWORD = {"name": "DATABASE_PASSWORD", "value": "hunter2"}

RESOURCES: tuple[tuple[str, Mapping[str, Any]], ...] = (
    ("gcp:kms/cryptoKey:CryptoKey", {
        "name": "k", "purpose": "ENCRYPT_DECRYPT", "rotationPeriod": "31536000s"}),
    ("gcp:sql/databaseInstance:DatabaseInstance", {
        "name": "db", "region": "us-central1", "databaseVersion": "POSTGRES_16", "deletionProtection": False,
        "settings": {"tier": "db-f1-micro", "ipConfiguration": {"ipv4Enabled": True, "authorizedNetworks": [
            {"name": "all", "value": "0.0.0.0/0"}]}, "backupConfiguration": {"enabled": False}}}),
    ("gcp:sql/user:User", {"name": "medplum", "instance": "db", "type": "BUILT_IN"}),
    ("gcp:healthcare/dataset:Dataset", {"name": "ehr", "location": "us-central1"}),
    ("gcp:healthcare/fhirStore:FhirStore", {
        "name": "ehr", "dataset": _DATASET, "version": "STU3", "disableReferentialIntegrity": True,
        "disableResourceVersioning": True}),
    ("gcp:healthcare/hl7Store:Hl7Store", {
        "name": "feeds", "dataset": _DATASET, "rejectDuplicateMessage": False}),
    ("gcp:healthcare/dicomStore:DicomStore", {"name": "images", "dataset": _DATASET}),
    ("gcp:healthcare/consentStore:ConsentStore", {"name": "consents", "dataset": _DATASET}),
    ("gcp:healthcare/fhirStoreIamMember:FhirStoreIamMember", {
        "fhirStoreId": _STORE, "role": "roles/healthcare.fhirResourceReader", "member": "allUsers"}),
    ("gcp:storage/bucket:Bucket", {"name": "documents", "location": "US", "uniformBucketLevelAccess": False}),
    ("gcp:storage/bucketIAMMember:BucketIAMMember", {
        "bucket": "documents", "role": "roles/storage.objectViewer", "member": "allAuthenticatedUsers"}),
    ("gcp:pubsub/topic:Topic", {"name": "events"}),
    ("gcp:pubsub/subscription:Subscription", {
        "name": "push", "topic": _TOPIC, "pushConfig": {"pushEndpoint": "http://203.0.113.9/events"}}),
    ("gcp:cloudrunv2/service:Service", {
        "name": "ehr", "location": "us-central1", "ingress": "INGRESS_TRAFFIC_ALL",
        "template": {"containers": [{"image": "ehr:latest", "envs": [_PASSWORD]}]}}),
    ("gcp:cloudrunv2/serviceIamMember:ServiceIamMember", {
        "name": "ehr", "location": "us-central1", "role": "roles/run.invoker", "member": "allUsers"}),
    ("gcp:secretmanager/secret:Secret", {"secretId": "db", "replication": {"auto": {}}}),
    ("gcp:projects/iAMMember:IAMMember", {
        "project": "bad", "role": "roles/owner", "member": "user:doctor@example.org"}),
    ("gcp:serviceaccount/key:Key", {
        "serviceAccountId": f"{_P}/serviceAccounts/ehr@bad.iam.gserviceaccount.com"}),
    ("gcp:accesscontextmanager/servicePerimeter:ServicePerimeter", {
        "name": "accessPolicies/1/servicePerimeters/p", "title": "p", "parent": "accessPolicies/1",
        "useExplicitDryRunSpec": True, "spec": {"restrictedServices": ["storage.googleapis.com"]}}),
    ("gcp:logging/projectBucketConfig:ProjectBucketConfig", {
        "project": "bad", "location": "global", "bucketId": "audit", "retentionDays": 30, "locked": False}),
    ("gcp:orgpolicy/policy:Policy", {
        "name": f"{_P}/policies/gcp.resourceLocations", "parent": _P,
        "spec": {"rules": [{"allowAll": "TRUE"}]}}),
    ("gcp:compute/network:Network", {"name": "default", "autoCreateSubnetworks": True}),
    ("gcp:compute/firewall:Firewall", {
        "name": "ssh", "network": "default", "direction": "INGRESS", "sourceRanges": ["0.0.0.0/0"],
        "allows": [{"protocol": "tcp", "ports": ["22"]}]}),
    ("gcp:bigquery/dataset:Dataset", {
        "datasetId": "analytics", "location": "US",
        "accesses": [{"role": "READER", "specialGroup": "allUsers"}]}),
    ("gcp:artifactregistry/repository:Repository", {
        "repositoryId": "images", "location": "us-central1", "format": "DOCKER"}),
)  # fmt: skip


def listed(copies: int = 1, stack: str = "bad-tenant-x") -> list[dict[str, Any]]:
    """The resources as an exported state lists them, as often as asked."""
    root = f"urn:pulumi:{stack}::careplane::pulumi:pulumi:Stack::{stack}"
    outputs = {"jurisdiction": "eu", "profile": "saas", "tenant": "x"}
    first = {"urn": root, "type": "pulumi:pulumi:Stack", "custom": False, "outputs": outputs}
    return [first] + [
        {
            "urn": f"urn:pulumi:{stack}::careplane::{type}::{type.rsplit(':', 1)[-1]}{copy}",
            "type": type,
            "custom": True,
            "id": f"{type}-{copy}",
            "inputs": properties,
            "outputs": properties,
        }
        for copy in range(copies)
        for type, properties in RESOURCES
    ]


def state(copies: int = 1) -> dict[str, Any]:
    """An exported state of the bad tenant."""
    return {"version": 3, "deployment": {"resources": listed(copies)}}
