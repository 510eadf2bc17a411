"""Short-lived tokens of service accounts: bad requests, disabled accounts, their end."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from localcloud.api import Reply
from localcloud.cloud import Cloud
from tests.localcloud.harness import PROJECT, make_cloud, request

EMAIL = f"runtime@{PROJECT}.iam.gserviceaccount.com"
ACCOUNT = f"/v1/projects/{PROJECT}/serviceAccounts/{EMAIL}"
SCOPE = ["https://www.googleapis.com/auth/cloud-platform"]


@pytest.fixture
def cloud(tmp_path: Path) -> Cloud:
    cloud = make_cloud(tmp_path)
    accounts = f"/v1/projects/{PROJECT}/serviceAccounts"
    assert request(cloud, "iam", "POST", accounts, {"accountId": "runtime"}).status == 200
    return cloud


def generate(cloud: Cloud, email: str = EMAIL, **body: Any) -> Reply:
    path = f"/v1/projects/-/serviceAccounts/{email}:generateAccessToken"
    return request(cloud, "iamcredentials", "POST", path, body)


def test_a_token_ends_with_its_lifetime(cloud: Cloud) -> None:
    token = generate(cloud, scope=SCOPE, lifetime="60s").body["accessToken"]
    caller = cloud.tokens.caller(token)
    assert caller is not None and caller.member == f"serviceAccount:{EMAIL}" and not caller.operator
    cloud.faults.begin("clock", "*", {"seconds": 61})  # type: ignore[attr-defined]
    assert cloud.tokens.caller(token) is None


@pytest.mark.parametrize(
    ("body", "field"),
    [
        ({}, "scope"),
        ({"scope": []}, "scope"),
        ({"scope": "all"}, "scope"),
        ({"scope": SCOPE, "lifetime": "0s"}, "lifetime"),
        ({"scope": SCOPE, "lifetime": "an hour"}, "lifetime"),
        ({"scope": SCOPE, "lifetime": "43201s"}, "lifetime"),
    ],
)
def test_a_bad_request_is_named_by_its_field(cloud: Cloud, body: dict[str, Any], field: str) -> None:
    refused = generate(cloud, **body)
    assert refused.status == 400 and field in refused.body["error"]["message"]


def test_an_unknown_or_disabled_account_has_no_tokens(cloud: Cloud) -> None:
    unknown = f"nobody@{PROJECT}.iam.gserviceaccount.com"
    assert generate(cloud, unknown, scope=SCOPE).status == 404
    request(cloud, "iam", "POST", f"{ACCOUNT}:disable", {})
    assert generate(cloud, scope=SCOPE).status == 400
    request(cloud, "iam", "POST", f"{ACCOUNT}:enable", {})
    assert generate(cloud, scope=SCOPE).status == 200
