"""BigQuery's datasets."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from localcloud.api import Reply
from localcloud.cloud import Cloud
from localcloud.policy import bind
from tests.localcloud.harness import PROJECT, make_cloud, request
from tests.localcloud.kms import keys

DATASETS = f"/bigquery/v2/projects/{PROJECT}/datasets"
EVIDENCE = {"datasetReference": {"datasetId": "evidence"}, "location": "europe-west3"}


@pytest.fixture
def cloud(tmp_path: Path) -> Cloud:
    return make_cloud(tmp_path)


def bigquery(cloud: Cloud, verb: str, path: str = "", body: Any = None, **query: str) -> Reply:
    return request(cloud, "bigquery", verb, DATASETS + path, body, query=query)


def test_a_dataset_is_made_changed_listed_and_deleted(cloud: Cloud) -> None:
    made = bigquery(cloud, "POST", "", EVIDENCE).body
    assert made["id"] == f"{PROJECT}:evidence" and made["location"] == "europe-west3"
    assert made["datasetReference"] == {"projectId": PROJECT, "datasetId": "evidence"}
    assert bigquery(cloud, "POST", "", EVIDENCE).status == 409
    changed = bigquery(cloud, "PATCH", "/evidence", {"labels": {"a": "b"}, "location": "US"}).body
    assert changed["labels"] == {"a": "b"} and changed["location"] == "europe-west3"
    listed = bigquery(cloud, "GET").body["datasets"]
    assert [(row["id"], row["labels"]) for row in listed] == [(f"{PROJECT}:evidence", {"a": "b"})]
    assert bigquery(cloud, "DELETE", "/evidence").status == 204
    assert bigquery(cloud, "GET", "/evidence").status == 404


def test_a_dataset_with_tables_goes_only_with_its_contents(cloud: Cloud) -> None:
    bigquery(cloud, "POST", "", EVIDENCE)
    table = {"tableReference": {"datasetId": "evidence", "projectId": PROJECT, "tableId": "t"}, "name": "t"}
    assert bigquery(cloud, "POST", "/evidence/tables", table).status == 200
    refused = bigquery(cloud, "DELETE", "/evidence")
    assert refused.status == 400 and "still in use" in refused.body["error"]["message"]
    assert bigquery(cloud, "DELETE", "/evidence", deleteContents="true").status == 204


def test_a_stale_etag_is_refused(cloud: Cloud) -> None:
    old = bigquery(cloud, "POST", "", EVIDENCE).body["etag"]
    bigquery(cloud, "PATCH", "/evidence", {"labels": {"a": "b"}})
    assert bigquery(cloud, "PATCH", "/evidence", {"etag": old}).status == 409


@pytest.mark.parametrize("reference", [None, {}, {"datasetId": ""}])
def test_a_dataset_without_an_id_is_refused(cloud: Cloud, reference: Any) -> None:
    refused = bigquery(cloud, "POST", "", {"datasetReference": reference})
    assert refused.status == 400 and "datasetReference.datasetId" in refused.body["error"]["message"]


def test_its_agent_is_told_and_may_encrypt_once_granted(cloud: Cloud) -> None:
    told = request(cloud, "bigquery", "GET", f"/bigquery/v2/projects/{PROJECT}/serviceAccount").body["email"]
    assert told == "bq-123456789012@bigquery-encryption.iam.gserviceaccount.com"
    key = keys.make_key(cloud)["name"]
    encrypted = {**EVIDENCE, "defaultEncryptionConfiguration": {"kmsKeyName": key}}
    assert bigquery(cloud, "POST", "", encrypted).status == 403
    bind(cloud, "cloudkms", key, "roles/cloudkms.cryptoKeyEncrypterDecrypter", f"serviceAccount:{told}")
    assert bigquery(cloud, "POST", "", encrypted).status == 200


def test_its_key_must_be_granted_and_in_its_place(cloud: Cloud) -> None:
    key = keys.make_key(cloud)["name"]
    encrypted = {**EVIDENCE, "defaultEncryptionConfiguration": {"kmsKeyName": key}}
    assert bigquery(cloud, "POST", "", encrypted).status == 403
    elsewhere = bigquery(cloud, "POST", "", encrypted | {"location": "europe-west4"})
    assert elsewhere.status == 400 and "europe-west4" in elsewhere.body["error"]["message"]
