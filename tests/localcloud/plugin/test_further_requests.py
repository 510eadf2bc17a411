"""What the types without a recording send, and which of their changes need a new resource."""

from __future__ import annotations

from typing import Any

import pytest

from localcloud.plugin import diff
from localcloud.plugin.catalogue import kind_of
from localcloud.ports import APIS
from tests.localcloud.plugin.answering import answering
from tests.localcloud.plugin.engine import plugin

Json = dict[str, Any]
Sent = tuple[str, str, Json, Any]

PLACE = "projects/p1/locations/europe-west3"
BUDGET = "billingAccounts/0-0-0/budgets"
ENTITLEMENT: Json = {
    "entitlementId": "breakglass",
    "parent": "folders/1",
    "location": "global",
    "maxRequestDuration": "3600s",
    "eligibleUsers": [{"principals": ["group:oncall@example.org"]}],
    "privilegedAccess": {
        "gcpIamAccess": {"resource": "r", "resourceType": "t", "roleBindings": [{"role": "roles/viewer"}]}
    },
    "requesterJustificationConfig": {"notMandatory": {}},
    "approvalWorkflow": {"manualApprovals": {"steps": [{"approvers": {"principals": ["group:s@x.org"]}}]}},
}

CREATED: list[tuple[str, Json, Sent]] = [
    (
        "gcp:assuredworkloads/workload:Workload",
        {
            "organization": "organizations/111",
            "location": "eu",
            "displayName": "eu",
            "complianceRegime": "EU_REGIONS_AND_SUPPORT",
            "enableSovereignControls": True,
        },
        (
            "POST",
            "/v1beta1/organizations/111/locations/eu/workloads",
            {},
            {
                "displayName": "eu",
                "complianceRegime": "EU_REGIONS_AND_SUPPORT",
                "enableSovereignControls": True,
                "labels": {"goog-pulumi-provisioned": "true"},
            },
        ),
    ),
    (
        "gcp:folder/accessApprovalSettings:AccessApprovalSettings",
        {"folderId": "5", "enrolledServices": [{"cloudProduct": "all"}]},
        (
            "PATCH",
            "/v1/folders/5/accessApprovalSettings",
            {"updateMask": "enrolledServices"},
            {"enrolledServices": [{"cloudProduct": "all", "enrollmentLevel": "BLOCK_ALL"}]},
        ),
    ),
    (
        "gcp:logging/organizationSink:OrganizationSink",
        {"orgId": "organizations/111", "name": "s", "destination": "d", "includeChildren": True},
        (
            "POST",
            "/v2/organizations/111/sinks",
            {"uniqueWriterIdentity": "true"},
            {"name": "s", "destination": "d", "includeChildren": True},
        ),
    ),
    (
        "gcp:logging/linkedDataset:LinkedDataset",
        {"bucket": f"{PLACE}/buckets/b", "linkId": "logs"},
        ("POST", f"/v2/{PLACE}/buckets/b/links", {"linkId": "logs"}, {}),
    ),
    (
        "gcp:kms/cryptoKeyVersion:CryptoKeyVersion",
        {"cryptoKey": "k", "externalProtectionLevelOptions": {"ekmConnectionKeyPath": "v0/1"}},
        (
            "POST",
            "/v1/k/cryptoKeyVersions",
            {},
            {"externalProtectionLevelOptions": {"ekmConnectionKeyPath": "v0/1"}},
        ),
    ),
    (
        "gcp:storage/notification:Notification",
        {"bucket": "b", "topic": "t", "payloadFormat": "NONE", "eventTypes": ["OBJECT_DELETE"]},
        (
            "POST",
            "/storage/v1/b/b/notificationConfigs",
            {},
            {
                "topic": "//pubsub.googleapis.com/projects/p1/topics/t",
                "payload_format": "NONE",
                "event_types": ["OBJECT_DELETE"],
            },
        ),
    ),
    (
        "gcp:bigquery/table:Table",
        {"datasetId": "d", "tableId": "t", "schema": '[{"name":"a","type":"STRING"}]', "clusterings": ["a"]},
        (
            "POST",
            "/bigquery/v2/projects/p1/datasets/d/tables",
            {},
            {
                "tableReference": {"projectId": "p1", "datasetId": "d", "tableId": "t"},
                "schema": {"fields": [{"name": "a", "type": "STRING"}]},
                "clustering": {"fields": ["a"]},
                "labels": {"goog-pulumi-provisioned": "true"},
            },
        ),
    ),
    (
        "gcp:eventarc/trigger:Trigger",
        {
            "name": "t",
            "location": "europe-west3",
            "matchingCriterias": [{"attribute": "type", "value": "v"}],
            "destination": {"cloudRunService": {"service": "s"}},
            "transport": {"pubsub": {"topic": "t"}},
        },
        (
            "POST",
            f"/v1/{PLACE}/triggers",
            {"triggerId": "t"},
            {
                "name": f"{PLACE}/triggers/t",
                "eventFilters": [{"attribute": "type", "value": "v"}],
                "destination": {"cloudRun": {"service": "s"}},
                "transport": {"pubsub": {"topic": "projects/p1/topics/t"}},
                "labels": {"goog-pulumi-provisioned": "true"},
            },
        ),
    ),
    (
        "gcp:eventarc/googleChannelConfig:GoogleChannelConfig",
        {"name": "c", "location": "europe-west3", "cryptoKeyName": "k"},
        ("PATCH", f"/v1/{PLACE}/googleChannelConfig", {}, {"name": "c", "cryptoKeyName": "k"}),
    ),
    (
        "gcp:cloudbuild/workerPool:WorkerPool",
        {"name": "w", "location": "europe-west3", "workerConfig": {"diskSizeGb": 100, "noExternalIp": True}},
        (
            "POST",
            f"/v1/{PLACE}/workerPools",
            {"workerPoolId": "w"},
            {
                "name": "w",
                "privatePoolV1Config": {
                    "workerConfig": {"diskSizeGb": 100},
                    "networkConfig": {"egressOption": "NO_PUBLIC_EGRESS"},
                },
            },
        ),
    ),
    (
        "gcp:containeranalysis/note:Note",
        {"name": "n", "attestationAuthority": {"hint": {"humanReadableName": "CI"}}},
        (
            "POST",
            "/v1/projects/p1/notes",
            {"noteId": "n"},
            {"name": "n", "attestation": {"hint": {"humanReadableName": "CI"}}},
        ),
    ),
    (
        "gcp:binaryauthorization/attestor:Attestor",
        {"name": "a", "attestationAuthorityNote": {"noteReference": "n"}},
        (
            "POST",
            "/v1/projects/p1/attestors",
            {"attestorId": "a"},
            {
                "name": "projects/p1/attestors/a",
                "userOwnedGrafeasNote": {"noteReference": "projects/p1/notes/n"},
            },
        ),
    ),
    (
        "gcp:billing/budget:Budget",
        {
            "billingAccount": "0-0-0",
            "amount": {"lastPeriodAmount": True},
            "thresholdRules": [{"thresholdPercent": 0}],
            "budgetFilter": {"labels": {"tenant": "r"}},
        },
        (
            "POST",
            f"/v1/{BUDGET}",
            {},
            {
                "amount": {"lastPeriodAmount": {}},
                "thresholdRules": [{"thresholdPercent": 0, "spendBasis": "CURRENT_SPEND"}],
                "budgetFilter": {
                    "labels": {"tenant": ["r"]},
                    "creditTypesTreatment": "INCLUDE_ALL_CREDITS",
                },
            },
        ),
    ),
    (
        "gcp:privilegedaccessmanager/entitlement:entitlement",
        ENTITLEMENT,
        (
            "POST",
            "/v1/folders/1/locations/global/entitlements",
            {"entitlementId": "breakglass"},
            {
                **{k: v for k, v in ENTITLEMENT.items() if k not in ("entitlementId", "parent", "location")},
                "approvalWorkflow": {
                    "manualApprovals": {
                        "steps": [{"approvers": [{"principals": ["group:s@x.org"]}], "approvalsNeeded": 1}]
                    }
                },
            },
        ),
    ),
    (
        "gcp:orgpolicy/customConstraint:CustomConstraint",
        {
            "parent": "organizations/111",
            "name": "custom.a",
            "actionType": "DENY",
            "condition": "c",
            "methodTypes": ["CREATE"],
            "resourceTypes": ["r"],
        },
        (
            "POST",
            "/v2/organizations/111/customConstraints",
            {},
            {
                "name": "organizations/111/customConstraints/custom.a",
                "actionType": "DENY",
                "condition": "c",
                "methodTypes": ["CREATE"],
                "resourceTypes": ["r"],
            },
        ),
    ),
    (
        "gcp:iam/denyPolicy:DenyPolicy",
        {"parent": "cloudresourcemanager.googleapis.com%2Fprojects%2Fp1", "name": "d", "rules": []},
        (
            "POST",
            "/v2/policies/cloudresourcemanager.googleapis.com/projects/p1/denypolicies",
            {"policyId": "d"},
            {},
        ),
    ),
]


def created(token: str, given: Json) -> Sent:
    """The first request that writes, against a server that answers what it was sent."""
    seen: list[Sent] = []

    def answer(verb: str, path: str, query: Json, body: Any) -> tuple[int, Any]:
        if verb != "GET":
            seen.append((verb, path, query, body))
        kept = seen[-1][3] if seen else {}
        return 200, {"name": f"{path.strip('/').partition('/')[2]}/1", "id": "1", **(kept or {})}

    with answering(answer) as root:
        urls = {key: root + path for api in APIS for key, path in api.endpoints}
        place = {"project": "p1", "region": "europe-west3", "accessToken": "t"}
        with plugin({**urls, **place}) as engine:
            inputs, failures = engine.check(token, "x", given)
            assert failures == []
            engine.create(token, "x", inputs)
    return seen[0]


@pytest.mark.parametrize(("token", "given", "sent"), CREATED, ids=[token for token, _, _ in CREATED])
def test_creates_as_the_published_provider_does(token: str, given: Json, sent: Sent) -> None:
    assert created(token, given) == sent


CHANGES = [
    ("gcp:assuredworkloads/workload:Workload", "displayName", False),
    ("gcp:assuredworkloads/workload:Workload", "complianceRegime", True),
    ("gcp:folder/accessApprovalSettings:AccessApprovalSettings", "notificationEmails", False),
    ("gcp:folder/accessApprovalSettings:AccessApprovalSettings", "folderId", True),
    ("gcp:folder/iamAuditConfig:IamAuditConfig", "service", True),
    ("gcp:folder/iamAuditConfig:IamAuditConfig", "auditLogConfigs", False),
    ("gcp:logging/folderSink:FolderSink", "filter", False),
    ("gcp:logging/folderSink:FolderSink", "folder", True),
    ("gcp:logging/logView:LogView", "filter", False),
    ("gcp:logging/logView:LogView", "bucket", True),
    ("gcp:logging/linkedDataset:LinkedDataset", "description", True),
    ("gcp:kms/ekmConnection:EkmConnection", "cryptoSpacePath", False),
    ("gcp:kms/ekmConnection:EkmConnection", "name", True),
    ("gcp:kms/cryptoKey:CryptoKey", "cryptoKeyBackend", True),
    ("gcp:kms/cryptoKeyVersion:CryptoKeyVersion", "state", False),
    ("gcp:storage/notification:Notification", "payloadFormat", True),
    ("gcp:bigquery/table:Table", "schema", False),
    ("gcp:bigquery/table:Table", "timePartitioning.field", True),
    ("gcp:bigquery/table:Table", "timePartitioning.expirationMs", False),
    ("gcp:eventarc/trigger:Trigger", "destination", False),
    ("gcp:eventarc/trigger:Trigger", "transport", True),
    ("gcp:eventarc/trigger:Trigger", "matchingCriterias.value", True),
    ("gcp:eventarc/googleChannelConfig:GoogleChannelConfig", "cryptoKeyName", False),
    ("gcp:cloudrunv2/workerPool:WorkerPool", "template", False),
    ("gcp:cloudrunv2/workerPool:WorkerPool", "location", True),
    ("gcp:cloudbuild/trigger:Trigger", "name", False),
    ("gcp:cloudbuild/workerPool:WorkerPool", "workerConfig.machineType", False),
    ("gcp:cloudbuild/workerPool:WorkerPool", "networkConfig.peeredNetwork", True),
    ("gcp:containeranalysis/note:Note", "shortDescription", False),
    ("gcp:binaryauthorization/attestor:Attestor", "attestationAuthorityNote.publicKeys", False),
    ("gcp:binaryauthorization/attestor:Attestor", "attestationAuthorityNote.noteReference", True),
    ("gcp:billing/budget:Budget", "amount", False),
    ("gcp:billing/budget:Budget", "billingAccount", True),
    ("gcp:privilegedaccessmanager/entitlement:entitlement", "approvalWorkflow", False),
    ("gcp:privilegedaccessmanager/entitlement:entitlement", "entitlementId", True),
    ("gcp:orgpolicy/customConstraint:CustomConstraint", "condition", False),
    ("gcp:orgpolicy/customConstraint:CustomConstraint", "resourceTypes", True),
    ("gcp:iam/denyPolicy:DenyPolicy", "rules", False),
    ("gcp:iam/denyPolicy:DenyPolicy", "parent", True),
]


@pytest.mark.parametrize(("token", "path", "replaced"), CHANGES)
def test_replaces_what_the_published_provider_replaces(token: str, path: str, replaced: bool) -> None:
    old: Any = "old"
    new: Any = "new"
    for step in reversed(path.split(".")):
        old, new = {step: old}, {step: new}
    assert [change.replaces for change in diff.changes(kind_of(token), old, new, old)] == [replaced]


def test_a_budget_names_every_part_that_may_have_changed() -> None:
    from localcloud.plugin.catalogue import names_of
    from localcloud.plugin.client import Client
    from localcloud.plugin.config import Config
    from localcloud.plugin.types.billing import Budget

    token = "gcp:billing/budget:Budget"
    budget = Budget(kind_of(token), names_of(token), Client(Config()))
    assert budget.mask({"amount", "displayName"}) == [
        "amount.specifiedAmount.currencyCode",
        "amount.specifiedAmount.units",
        "amount.specifiedAmount.nanos",
        "displayName",
    ]
