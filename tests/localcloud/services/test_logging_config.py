"""Log buckets, sinks and settings: what Google makes of its own accord, what a lock forbids."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from localcloud.api import Reply
from localcloud.cloud import Cloud
from tests.localcloud.harness import NUMBER, PROJECT, make_cloud, request
from tests.localcloud.kms import keys

BUCKETS = f"projects/{PROJECT}/locations/europe-west3/buckets"
GLOBAL = f"projects/{PROJECT}/locations/global/buckets"
SINKS = f"projects/{PROJECT}/sinks"
DESTINATION = f"logging.googleapis.com/{BUCKETS}/audit"


@pytest.fixture
def cloud(tmp_path: Path) -> Cloud:
    return make_cloud(tmp_path)


def logging(cloud: Cloud, verb: str, path: str, body: Any = None, **query: str) -> Reply:
    return request(cloud, "logging", verb, f"/v2/{path}", body, query=query)


def bucket(cloud: Cloud, name: str = "audit", **body: Any) -> Reply:
    return logging(cloud, "POST", BUCKETS, body, bucketId=name)


def test_google_s_own_buckets_are_there_and_stay(cloud: Cloud) -> None:
    names = {found["name"] for found in logging(cloud, "GET", GLOBAL).body["buckets"]}
    assert names == {f"{GLOBAL}/_Default", f"{GLOBAL}/_Required"}
    required = logging(cloud, "GET", f"{GLOBAL}/_Required").body
    assert (required["locked"], required["retentionDays"]) == (True, 400)
    assert logging(cloud, "DELETE", f"{GLOBAL}/_Default").status == 400
    changed = logging(cloud, "PATCH", f"{GLOBAL}/_Default", {"retentionDays": 90}, updateMask="retentionDays")
    assert changed.body["retentionDays"] == 90
    assert logging(cloud, "GET", f"{GLOBAL}/_Default").body["retentionDays"] == 90


def test_a_locked_bucket_keeps_what_it_promised(cloud: Cloud) -> None:
    assert bucket(cloud, retentionDays=365, locked=True).status == 200
    path = f"{BUCKETS}/audit"
    shorter = logging(cloud, "PATCH", path, {"retentionDays": 30}, updateMask="retentionDays")
    assert (shorter.status, shorter.body["error"]["status"]) == (400, "FAILED_PRECONDITION")
    assert logging(cloud, "PATCH", path, {"locked": False}, updateMask="locked").status == 400
    assert logging(cloud, "DELETE", path).status == 400
    longer = logging(cloud, "PATCH", path, {"retentionDays": 400}, updateMask="retentionDays")
    assert (longer.body["retentionDays"], longer.body["locked"]) == (400, True)


def test_a_bucket_without_a_lock_goes(cloud: Cloud) -> None:
    assert bucket(cloud).body["retentionDays"] == 30
    assert bucket(cloud).status == 409
    assert logging(cloud, "DELETE", f"{BUCKETS}/audit").status == 200
    assert logging(cloud, "GET", f"{BUCKETS}/audit").status == 404


def test_the_key_of_a_bucket_must_be_granted_to_the_account_that_settings_name(cloud: Cloud) -> None:
    key = keys.make_key(cloud)["name"]
    refused = bucket(cloud, cmekSettings={"kmsKeyName": key})
    assert refused.status == 403 and key in refused.body["error"]["message"]
    account = logging(cloud, "GET", f"projects/{PROJECT}/cmekSettings").body["kmsServiceAccountId"]
    member = f"serviceAccount:{account}"
    binding = {"role": "roles/cloudkms.cryptoKeyEncrypterDecrypter", "members": [member]}
    request(cloud, "cloudkms", "POST", f"/v1/{key}:setIamPolicy", {"policy": {"bindings": [binding]}})
    assert bucket(cloud, cmekSettings={"kmsKeyName": key}).status == 200


def test_a_sink_writes_as_the_identity_of_its_project(cloud: Cloud) -> None:
    writer = f"serviceAccount:service-{NUMBER}@gcp-sa-logging.iam.gserviceaccount.com"
    for name, destination in (("a", "locations/l/buckets/audit"), ("b", "locations/l/buckets/other")):
        body = {"name": name, "destination": f"logging.googleapis.com/projects/another/{destination}"}
        assert logging(cloud, "POST", SINKS, body).body["writerIdentity"] == writer
    kept = {"name": "topic", "destination": f"pubsub.googleapis.com/projects/{PROJECT}/topics/t"}
    assert logging(cloud, "POST", SINKS, kept).body["writerIdentity"] == writer


def test_a_sink_into_a_bucket_of_its_own_project_has_no_identity(cloud: Cloud) -> None:
    numbered = DESTINATION.replace(PROJECT, NUMBER)
    for name, destination in (("named", DESTINATION), ("numbered", numbered)):
        made = logging(cloud, "POST", SINKS, {"name": name, "destination": destination}).body
        assert "writerIdentity" not in made, name
    elsewhere = {"destination": DESTINATION.replace(PROJECT, "another")}
    moved = logging(cloud, "PUT", f"{SINKS}/named", elsewhere, uniqueWriterIdentity="true")
    assert moved.body["writerIdentity"].startswith("serviceAccount:service-")
    assert "writerIdentity" not in logging(cloud, "PUT", f"{SINKS}/named", {"destination": DESTINATION}).body


def test_a_sink_is_made_once_changed_and_deleted(cloud: Cloud) -> None:
    logging(cloud, "POST", SINKS, {"name": "audit", "destination": DESTINATION})
    assert logging(cloud, "POST", SINKS, {"name": "audit", "destination": DESTINATION}).status == 409
    narrowed = logging(
        cloud, "PUT", f"{SINKS}/audit", {"destination": DESTINATION, "filter": "severity>=ERROR"}
    )
    assert narrowed.body["filter"] == "severity>=ERROR"
    assert logging(cloud, "DELETE", f"{SINKS}/audit").status == 200


@pytest.mark.parametrize("destination", [None, "", "ftp.example.org/x", "logging.googleapis.com/"])
def test_a_sink_to_nowhere_is_refused(cloud: Cloud, destination: str | None) -> None:
    refused = logging(cloud, "POST", SINKS, {"name": "audit", "destination": destination})
    assert refused.status == 400 and "destination" in refused.body["error"]["message"]
    assert logging(cloud, "GET", f"{SINKS}/audit").status == 404
