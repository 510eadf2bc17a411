"""Service accounts and their short-lived tokens."""

from __future__ import annotations

from pathlib import Path

import pytest

from localcloud.api import Caller
from localcloud.cloud import Cloud
from tests.localcloud.harness import PROJECT, make_cloud, request

EMAIL = f"runtime@{PROJECT}.iam.gserviceaccount.com"
ACCOUNTS = f"/v1/projects/{PROJECT}/serviceAccounts"
CI = Caller("serviceAccount:ci@elsewhere.iam.gserviceaccount.com", "elsewhere")


@pytest.fixture
def cloud(tmp_path: Path) -> Cloud:
    cloud = make_cloud(tmp_path)
    body = {"accountId": "runtime", "serviceAccount": {"displayName": "Runtime"}}
    assert request(cloud, "iam", "POST", ACCOUNTS, body).body["email"] == EMAIL
    return cloud


def test_an_account_has_a_unique_id_of_21_digits_and_a_dash_stands_for_its_project(cloud: Cloud) -> None:
    found = request(cloud, "iam", "GET", f"/v1/projects/-/serviceAccounts/{EMAIL}").body
    assert len(found["uniqueId"]) == 21 and found["uniqueId"].isdigit()
    assert found["displayName"] == "Runtime"


@pytest.mark.parametrize("given", ["", "short", "Capital", "has space", "a" * 31])
def test_an_account_id_that_google_refuses(cloud: Cloud, given: str) -> None:
    assert request(cloud, "iam", "POST", ACCOUNTS, {"accountId": given}).status == 400


def test_a_deleted_account_comes_back_by_its_unique_id(cloud: Cloud) -> None:
    unique = request(cloud, "iam", "GET", f"{ACCOUNTS}/{EMAIL}").body["uniqueId"]
    assert request(cloud, "iam", "DELETE", f"{ACCOUNTS}/{EMAIL}").status == 200
    assert request(cloud, "iam", "GET", f"{ACCOUNTS}/{EMAIL}").status == 404
    assert request(cloud, "iam", "POST", f"{ACCOUNTS}/{unique}:undelete", {}).status == 200
    assert request(cloud, "iam", "GET", f"{ACCOUNTS}/{EMAIL}").body["uniqueId"] == unique


def test_a_token_of_an_account_goes_to_those_who_may_create_one(cloud: Cloud) -> None:
    path = f"/v1/projects/-/serviceAccounts/{EMAIL}:generateAccessToken"
    body = {"scope": ["https://www.googleapis.com/auth/cloud-platform"], "lifetime": "600s"}
    assert request(cloud, "iamcredentials", "POST", path, body, CI).status == 403
    policy = {"bindings": [{"role": "roles/iam.serviceAccountTokenCreator", "members": [CI.member]}]}
    request(cloud, "iam", "POST", f"{ACCOUNTS}/{EMAIL}:setIamPolicy", {"policy": policy})
    token = request(cloud, "iamcredentials", "POST", path, body, CI).body["accessToken"]
    assert len(token) <= 100
    assert cloud.tokens.caller(token) == Caller(f"serviceAccount:{EMAIL}", "elsewhere")
    assert request(cloud, "iamcredentials", "POST", path, body | {"lifetime": "90000s"}, CI).status == 400
