"""Budgets, entitlements, approvals, workloads, attestors, log views and notifications: what is enforced."""

from __future__ import annotations

import base64
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec

from localcloud.api import Caller, Json
from localcloud.cloud import Cloud
from localcloud.policy import bind
from tests.localcloud.clouds import local_cloud
from tests.localcloud.harness import request

PROJECT = "projects/careplane-cell"
ACCOUNT = "/v1/billingAccounts/0-0-0/budgets"
ENTITLEMENTS = f"/v1/{PROJECT}/locations/global/entitlements"
WORKLOADS = "/v1beta1/organizations/111/locations/eu/workloads"
PERSON = Caller("user:lead@example.org")


@pytest.fixture
def cloud(tmp_path: Path) -> Iterator[Cloud]:
    with local_cloud(tmp_path) as made:
        yield made


def send(cloud: Cloud, api: str, verb: str, path: str, body: Any = None, **more: Any) -> Json:
    reply = request(cloud, api, verb, path, body, **more)
    assert reply.status < 300, reply.body
    return reply.body or {}


def refused(cloud: Cloud, api: str, verb: str, path: str, body: Any = None, **more: Any) -> str:
    reply = request(cloud, api, verb, path, body, **more)
    assert 400 <= reply.status < 500, reply
    return str(reply.body["error"]["message"])


def budget(**more: Any) -> Json:
    return {"amount": {"specifiedAmount": {"units": "1000"}}, **more}


def test_a_budget_is_kept_with_googles_defaults(cloud: Cloud) -> None:
    made = send(cloud, "billingbudgets", "POST", ACCOUNT, budget(thresholdRules=[{"thresholdPercent": 0.5}]))
    assert made["name"].startswith("billingAccounts/0-0-0/budgets/")
    assert made["budgetFilter"] == {
        "creditTypesTreatment": "INCLUDE_ALL_CREDITS",
        "calendarPeriod": "MONTH",
    }
    mask = {"updateMask": "amount.specifiedAmount.units"}
    changed = send(cloud, "billingbudgets", "PATCH", f"/v1/{made['name']}", budget(), query=mask)
    assert changed["amount"]["specifiedAmount"] == {"currencyCode": "EUR", "units": "1000"}


@pytest.mark.parametrize(
    ("body", "said"),
    [
        ({}, "exactly one of specifiedAmount and lastPeriodAmount"),
        ({"amount": {"specifiedAmount": {"units": "-1"}}}, "cannot be negative"),
        ({"amount": {"specifiedAmount": {"units": "1", "nanos": 2_000_000_000}}}, "nanos"),
        (budget(thresholdRules=[{"thresholdPercent": -0.5}]), "thresholdPercent"),
        (budget(budgetFilter={"creditTypes": ["PROMOTION"]}), "INCLUDE_SPECIFIED_CREDITS"),
        (budget(notificationsRule={"pubsubTopic": f"{PROJECT}/topics/none"}), "does not exist"),
        (budget(notificationsRule={"monitoringNotificationChannels": ["c"] * 6}), "up to 5"),
    ],
)
def test_bad_budgets(cloud: Cloud, body: Json, said: str) -> None:
    assert said in refused(cloud, "billingbudgets", "POST", ACCOUNT, body)


def entitlement(**more: Any) -> Json:
    return {
        "maxRequestDuration": "3600s",
        "eligibleUsers": [{"principals": ["group:oncall@example.org"]}],
        "privilegedAccess": {
            "gcpIamAccess": {
                "resource": f"//cloudresourcemanager.googleapis.com/{PROJECT}",
                "resourceType": "cloudresourcemanager.googleapis.com/Project",
                "roleBindings": [{"role": "roles/storage.admin"}],
            }
        },
        "requesterJustificationConfig": {"unstructured": {}},
        **more,
    }


def test_an_entitlement_becomes_available(cloud: Cloud) -> None:
    query = {"entitlementId": "breakglass"}
    operation = send(cloud, "privilegedaccessmanager", "POST", ENTITLEMENTS, entitlement(), query=query)
    assert operation["done"] and operation["response"]["state"] == "AVAILABLE"
    path = f"{ENTITLEMENTS}/breakglass"
    assert send(cloud, "privilegedaccessmanager", "GET", path)["maxRequestDuration"] == "3600s"
    assert send(cloud, "privilegedaccessmanager", "DELETE", path, query={"force": "true"})["done"]
    assert request(cloud, "privilegedaccessmanager", "GET", path).status == 404


@pytest.mark.parametrize(
    ("more", "said"),
    [
        ({"maxRequestDuration": "60s"}, "maxRequestDuration"),
        ({"maxRequestDuration": "864000s"}, "maxRequestDuration"),
        ({"requesterJustificationConfig": {}}, "exactly one of notMandatory and unstructured"),
        ({"eligibleUsers": [{"principals": ["oncall"]}]}, "Invalid member"),
        ({"privilegedAccess": {"gcpIamAccess": {"resourceType": "x"}}}, "resourceType"),
        ({"approvalWorkflow": {"manualApprovals": {"steps": []}}}, "steps"),
    ],
)
def test_bad_entitlements(cloud: Cloud, more: Json, said: str) -> None:
    query = {"entitlementId": "breakglass"}
    found = refused(cloud, "privilegedaccessmanager", "POST", ENTITLEMENTS, entitlement(**more), query=query)
    assert said in found


def test_settings_above_and_a_key_that_is_gone_show_in_the_approvals_of_a_project(cloud: Cloud) -> None:
    enrolled = {"enrolledServices": [{"cloudProduct": "all", "enrollmentLevel": "BLOCK_ALL"}]}
    mask = {"updateMask": "enrolledServices"}
    send(
        cloud, "accessapproval", "PATCH", "/v1/organizations/111/accessApprovalSettings", enrolled, query=mask
    )
    path = f"/v1/{PROJECT}/accessApprovalSettings"
    key = {"activeKeyVersion": f"{PROJECT}/locations/l/keyRings/r/cryptoKeys/k/cryptoKeyVersions/1"}
    found = send(cloud, "accessapproval", "PATCH", path, key, query={"updateMask": "activeKeyVersion"})
    assert (found["enrolledAncestor"], found["invalidKeyVersion"]) == (True, True)


def test_a_workload_makes_a_folder_and_goes_only_after_it(cloud: Cloud) -> None:
    body = {"displayName": "careplane eu", "complianceRegime": "EU_REGIONS_AND_SUPPORT"}
    made = send(cloud, "assuredworkloads", "POST", WORKLOADS, body)["response"]
    [folder] = made["resources"]
    assert folder["resourceType"] == "CONSUMER_FOLDER"
    assert "delete it first" in refused(cloud, "assuredworkloads", "DELETE", f"/v1beta1/{made['name']}")
    own = f"/v1beta1/folders/{folder['resourceId']}"
    assert send(cloud, "assuredworkloads", "DELETE", own)["lifecycleState"] == "DELETE_REQUESTED"
    assert send(cloud, "assuredworkloads", "DELETE", f"/v1beta1/{made['name']}") == {}


def test_an_attestation_is_verified_by_the_attestors_key(cloud: Cloud) -> None:
    hint = {"attestation": {"hint": {"humanReadableName": "CI"}}}
    send(cloud, "containeranalysis", "POST", f"/v1/{PROJECT}/notes", hint, query={"noteId": "ci"})
    key = ec.generate_private_key(ec.SECP256R1())
    pem = key.public_key().public_bytes(
        serialization.Encoding.PEM, serialization.PublicFormat.SubjectPublicKeyInfo
    )
    pkix = {"publicKeyPem": pem.decode(), "signatureAlgorithm": "ECDSA_P256_SHA256"}
    note = {"noteReference": f"{PROJECT}/notes/ci", "publicKeys": [{"pkixPublicKey": pkix}]}
    path = f"/v1/{PROJECT}/attestors"
    made = send(
        cloud, "binaryauthorization", "POST", path, {"userOwnedGrafeasNote": note}, query={"attestorId": "ci"}
    )
    [known] = made["userOwnedGrafeasNote"]["publicKeys"]
    signature = key.sign(b"image", ec.ECDSA(hashes.SHA256()))
    results = []
    for payload in (b"image", b"another image"):
        attestation = {
            "serializedPayload": base64.b64encode(payload).decode(),
            "signatures": [{"publicKeyId": known["id"], "signature": base64.b64encode(signature).decode()}],
        }
        answer = send(
            cloud,
            "binaryauthorization",
            "POST",
            f"{path}/ci:validateAttestationOccurrence",
            {"attestation": attestation},
        )
        results.append(answer["result"])
    assert results == ["VERIFIED", "ATTESTATION_NOT_VERIFIABLE"]


def test_a_link_needs_log_analytics_and_makes_a_dataset(cloud: Cloud) -> None:
    place = f"/v2/{PROJECT}/locations/europe-west3/buckets"
    send(cloud, "logging", "POST", f"{place}:createAsync", {}, query={"bucketId": "audit"})
    query = {"linkId": "audit_logs"}
    assert "Log Analytics" in refused(cloud, "logging", "POST", f"{place}/audit/links", {}, query=query)
    mask = {"updateMask": "analyticsEnabled"}
    send(cloud, "logging", "POST", f"{place}/audit:updateAsync", {"analyticsEnabled": True}, query=mask)
    send(cloud, "logging", "POST", f"{place}/audit/links", {}, query=query)
    dataset = f"/bigquery/v2/{PROJECT}/datasets/audit_logs"
    assert send(cloud, "bigquery", "GET", dataset)["type"] == "LINKED"
    send(cloud, "logging", "DELETE", f"{place}/audit/links/audit_logs")
    assert request(cloud, "bigquery", "GET", dataset).status == 404


def test_a_notification_needs_a_publisher_and_tells_of_objects(cloud: Cloud) -> None:
    send(
        cloud,
        "storage",
        "POST",
        "/storage/v1/b?project=careplane-cell",
        {"name": "docs-in", "location": "EU"},
    )
    send(cloud, "pubsub", "PUT", f"/v1/{PROJECT}/topics/objects", {})
    send(
        cloud, "pubsub", "PUT", f"/v1/{PROJECT}/subscriptions/reader", {"topic": f"{PROJECT}/topics/objects"}
    )
    body = {
        "topic": f"//pubsub.googleapis.com/{PROJECT}/topics/objects",
        "payload_format": "NONE",
        "object_name_prefix": "in/",
    }
    path = "/storage/v1/b/docs-in/notificationConfigs"
    assert "does not have permission" in refused(cloud, "storage", "POST", path, body)
    agent = "serviceAccount:service-123456789012@gs-project-accounts.iam.gserviceaccount.com"
    bind(cloud, "pubsub", f"{PROJECT}/topics/objects", "roles/pubsub.publisher", agent)
    assert send(cloud, "storage", "POST", path, body)["id"] == "1"
    for name in ("in/a", "out/a"):
        upload = f"/upload/storage/v1/b/docs-in/o?uploadType=media&name={name}"
        send(cloud, "storage", "POST", upload, b"x", headers={"content-type": "text/plain"})
    pull = {"maxMessages": 10, "returnImmediately": True}
    found = send(cloud, "pubsub", "POST", f"/v1/{PROJECT}/subscriptions/reader:pull", pull)[
        "receivedMessages"
    ]
    told = [message["message"]["attributes"] for message in found]
    assert [(one["objectId"], one["eventType"]) for one in told] == [("in/a", "OBJECT_FINALIZE")]


def test_a_grant_with_an_expiry_ends(cloud: Cloud) -> None:
    for year, allowed in ((2090, True), (2020, False)):
        condition = {"title": "t", "expression": f'request.time < timestamp("{year}-01-01T00:00:00Z")'}
        binding = {"role": "roles/viewer", "members": [PERSON.member], "condition": condition}
        policy = {"policy": {"version": 3, "bindings": [binding]}}
        send(cloud, "cloudresourcemanager", "POST", "/v1/projects/careplane-cell:setIamPolicy", policy)
        assert cloud.iam.allows(PERSON, "pubsub.topics.get", "pubsub", f"{PROJECT}/topics/t") is allowed


def test_a_table_keeps_its_columns(cloud: Cloud) -> None:
    datasets = f"/bigquery/v2/{PROJECT}/datasets"
    send(cloud, "bigquery", "POST", datasets, {"datasetReference": {"datasetId": "d"}})
    fields: list[Json] = [{"name": "a", "type": "STRING"}]
    table = {"tableReference": {"tableId": "t"}, "schema": {"fields": fields}}
    assert send(cloud, "bigquery", "POST", f"{datasets}/d/tables", table)["type"] == "TABLE"
    path = f"{datasets}/d/tables/t"
    more = {"schema": {"fields": [*fields, {"name": "b", "type": "INTEGER"}]}}
    send(cloud, "bigquery", "PUT", path, more)
    assert "missing in new schema" in refused(cloud, "bigquery", "PUT", path, {"schema": {"fields": fields}})
    assert "still in use" in refused(cloud, "bigquery", "DELETE", f"{datasets}/d")


def test_a_policy_needs_its_custom_constraint(cloud: Cloud) -> None:
    policy = {"name": f"{PROJECT}/policies/custom.keys", "spec": {"rules": [{"enforce": True}]}}
    path = f"/v2/{PROJECT}/policies"
    assert "does not exist" in refused(cloud, "orgpolicy", "POST", path, policy)
    constraint = {
        "name": "organizations/111/customConstraints/custom.keys",
        "actionType": "DENY",
        "condition": "true",
        "methodTypes": ["CREATE"],
        "resourceTypes": ["storage.googleapis.com/Bucket"],
    }
    send(cloud, "orgpolicy", "POST", "/v2/organizations/111/customConstraints", constraint)
    send(cloud, "orgpolicy", "POST", path, policy)
