"""The small APIs: repositories, certificates, caches, queues, jobs, admission, contacts, billing."""

from __future__ import annotations

import re
from pathlib import Path
from typing import Any

import pytest

from localcloud.api import Reply
from localcloud.cloud import Cloud
from tests.localcloud.harness import PROJECT, make_cloud, request
from tests.localcloud.kms import keys

PLACE = f"projects/{PROJECT}/locations/europe-west3"


@pytest.fixture
def cloud(tmp_path: Path) -> Cloud:
    return make_cloud(tmp_path)


def made(reply: Reply) -> Any:
    assert reply.status == 200, reply.body
    return reply.body.get("response", reply.body)


# -- Artifact Registry ---------------------------------------------------------


def repository(cloud: Cloud, **body: Any) -> Reply:
    path = f"/v1/{PLACE}/repositories"
    return request(cloud, "artifactregistry", "POST", path, body, query={"repositoryId": "images"})


def test_a_repository_says_where_its_images_are(cloud: Cloud) -> None:
    found = made(repository(cloud, format="DOCKER"))
    assert found["registryUri"] == f"europe-west3-docker.pkg.dev/{PROJECT}/images"
    assert found["mode"] == "STANDARD_REPOSITORY"
    assert repository(cloud, format="DOCKER").status == 409


def test_a_repository_without_a_format_or_with_a_key_not_granted_is_refused(cloud: Cloud) -> None:
    refused = repository(cloud)
    assert refused.status == 400 and "format" in refused.body["error"]["message"]
    key = keys.make_key(cloud)["name"]
    assert repository(cloud, format="DOCKER", kmsKeyName=key).status == 403


# -- Certificate Manager -------------------------------------------------------


def test_a_private_key_is_never_returned(cloud: Cloud) -> None:
    sent = {"selfManaged": {"pemCertificate": "CERTIFICATE", "pemPrivateKey": "SECRET"}}
    path = f"/v1/{PLACE}/certificates"
    reply = request(cloud, "certificatemanager", "POST", path, sent, query={"certificateId": "edge"})
    assert made(reply)["selfManaged"] == {"pemCertificate": "CERTIFICATE"}
    stored = request(cloud, "certificatemanager", "GET", f"{path}/edge").body
    assert "SECRET" not in str(stored)


@pytest.mark.parametrize(
    ("place", "label"), [("global", r"_acme-challenge"), ("europe-west3", r"_acme-challenge_[0-9a-f]{16}")]
)
def test_an_authorization_says_which_record_proves_the_domain(cloud: Cloud, place: str, label: str) -> None:
    """Outside `global` each project has a record of its own."""
    path = f"/v1/projects/{PROJECT}/locations/{place}/dnsAuthorizations"
    body, query = {"domain": "ehr.example.org"}, {"dnsAuthorizationId": "ehr"}
    reply = request(cloud, "certificatemanager", "POST", path, body, query=query)
    record = made(reply)["dnsResourceRecord"]
    assert re.fullmatch(rf"{label}\.ehr\.example\.org\.", record["name"]) and record["type"] == "CNAME"


# -- Redis ---------------------------------------------------------------------


def test_a_cache_has_an_address_and_one_auth_string(cloud: Cloud) -> None:
    path = f"/v1/{PLACE}/instances"
    reply = request(cloud, "redis", "POST", path, {"memorySizeGb": 1}, query={"instanceId": "cache"})
    found = made(reply)
    assert (found["state"], found["port"]) == ("READY", 6379) and found["host"].startswith("10.")
    first = request(cloud, "redis", "GET", f"{path}/cache/authString").body
    assert first == request(cloud, "redis", "GET", f"{path}/cache/authString").body
    assert request(cloud, "redis", "GET", f"{path}/none/authString").status == 404


# -- Tasks and Scheduler ---------------------------------------------------------


def test_a_queue_is_paused_and_resumed(cloud: Cloud) -> None:
    path = f"/v2/{PLACE}/queues"
    queue = made(request(cloud, "cloudtasks", "POST", path, {"name": f"{PLACE}/queues/work"}))
    assert queue["state"] == "RUNNING" and queue["retryConfig"]["maxAttempts"] == 100
    assert request(cloud, "cloudtasks", "POST", f"{path}/work:pause", {}).body["state"] == "PAUSED"
    assert request(cloud, "cloudtasks", "POST", f"{path}/work:purge", {}).body["state"] == "PAUSED"
    assert request(cloud, "cloudtasks", "POST", f"{path}/work:resume", {}).body["state"] == "RUNNING"
    assert request(cloud, "cloudtasks", "POST", f"{path}/none:pause", {}).status == 404


def test_a_job_has_what_google_adds_and_no_retries_that_nobody_asked_for(cloud: Cloud) -> None:
    path = f"/v1/{PLACE}/jobs"
    sent = {
        "name": f"{PLACE}/jobs/drill",
        "schedule": "0 3 * * *",
        "httpTarget": {"uri": "https://example.org/"},
    }
    job = made(request(cloud, "cloudscheduler", "POST", path, sent))
    assert job["httpTarget"]["headers"] == {"User-Agent": "Google-Cloud-Scheduler"}
    assert (job["state"], job["timeZone"]) == ("ENABLED", "UTC") and "retryConfig" not in job
    assert request(cloud, "cloudscheduler", "POST", f"{path}/drill:pause", {}).body["state"] == "PAUSED"
    assert request(cloud, "cloudscheduler", "POST", f"{path}/drill:resume", {}).body["state"] == "ENABLED"


def test_a_job_without_a_schedule_is_refused(cloud: Cloud) -> None:
    refused = request(cloud, "cloudscheduler", "POST", f"/v1/{PLACE}/jobs", {"name": f"{PLACE}/jobs/drill"})
    assert refused.status == 400 and "schedule" in refused.body["error"]["message"]


# -- Binary Authorization ----------------------------------------------------------


def test_a_project_always_has_an_admission_policy(cloud: Cloud) -> None:
    path = f"/v1/projects/{PROJECT}/policy"
    first = request(cloud, "binaryauthorization", "GET", path).body
    assert first["defaultAdmissionRule"]["evaluationMode"] == "ALWAYS_ALLOW"
    assert request(cloud, "binaryauthorization", "PUT", path, {}).status == 400
    rule = {"evaluationMode": "ALWAYS_DENY", "enforcementMode": "ENFORCED_BLOCK_AND_AUDIT_LOG"}
    request(cloud, "binaryauthorization", "PUT", path, {"defaultAdmissionRule": rule})
    assert request(cloud, "binaryauthorization", "GET", path).body["defaultAdmissionRule"] == rule


# -- Essential Contacts and billing ---------------------------------------------------


def test_a_contact_is_an_address(cloud: Cloud) -> None:
    path = f"/v1/projects/{PROJECT}/contacts"
    sent = {"email": "security@example.org", "notificationCategorySubscriptions": ["SECURITY"]}
    contact = made(request(cloud, "essentialcontacts", "POST", path, sent))
    assert contact["languageTag"] == "en" and contact["name"].rpartition("/")[2].isdigit()
    refused = request(cloud, "essentialcontacts", "POST", path, {"email": "nobody"})
    assert refused.status == 400 and "'nobody'" in refused.body["error"]["message"]


def test_billing_is_on_where_an_account_is_named(cloud: Cloud) -> None:
    path = f"/v1/projects/{PROJECT}/billingInfo"
    assert request(cloud, "cloudbilling", "GET", path).body["billingEnabled"] is False
    account = {"billingAccountName": "billingAccounts/000000-000000-000000"}
    assert request(cloud, "cloudbilling", "PUT", path, account).body["billingEnabled"] is True
    assert (
        request(cloud, "cloudbilling", "PUT", path, {"billingAccountName": ""}).body["billingEnabled"]
        is False
    )
    assert request(cloud, "cloudbilling", "GET", "/v1/projects/unknown-project/billingInfo").status == 403
