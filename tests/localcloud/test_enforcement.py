"""What a platform must find out before production: organisation policies and perimeters."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from localcloud.api import Caller, Reply
from localcloud.cloud import Cloud
from localcloud.tokens import OPERATOR
from tests.localcloud.harness import NUMBER, PROJECT, call, make_cloud, request

POLICIES = f"projects/{PROJECT}/policies"
ACM = "accesscontextmanager.accessPolicies"


@pytest.fixture
def cloud(tmp_path: Path) -> Cloud:
    return make_cloud(tmp_path)


def allow(cloud: Cloud, *places: str) -> None:
    rules = [{"values": {"allowedValues": list(places)}}]
    call(
        cloud,
        "orgpolicy.projects.policies.create",
        POLICIES,
        {"name": f"{POLICIES}/gcp.resourceLocations", "spec": {"rules": rules}},
    )


def ring(cloud: Cloud, place: str) -> Reply:
    return request(
        cloud,
        "cloudkms",
        "POST",
        f"/v1/projects/{PROJECT}/locations/{place}/keyRings",
        {},
        query={"keyRingId": "r"},
    )


@pytest.mark.parametrize(
    ("values", "place", "status"),
    [
        (["in:europe-west3-locations"], "europe-west3", 200),
        (["in:europe-west3-locations"], "europe-west4", 400),
        (["in:eu-locations"], "europe-west4", 200),
        (["in:eu-locations"], "us-central1", 400),
        (["in:eu-locations"], "europe-west2", 400),
        (["europe-west3"], "europe-west3", 200),
        (["in:germany-locations"], "europe-west10", 200),
        (["in:eu-locations"], "global", 200),
    ],
)
def test_resource_locations(cloud: Cloud, values: list[str], place: str, status: int) -> None:
    allow(cloud, *values)
    assert ring(cloud, place).status == status


def test_the_refusal_names_the_constraint(cloud: Cloud) -> None:
    allow(cloud, "in:eu-locations")
    assert "constraints/gcp.resourceLocations" in ring(cloud, "us-east1").body["error"]["message"]
    refused = request(
        cloud, "compute", "POST", f"/compute/v1/projects/{PROJECT}/regions/us-east1/addresses", {"name": "a"}
    )
    assert (refused.status, refused.body["error"]["errors"][0]["reason"]) == (412, "conditionNotMet")


def test_a_policy_of_the_organisation_holds_for_its_projects(cloud: Cloud) -> None:
    name = "organizations/111/policies/gcp.resourceLocations"
    rules = [{"values": {"allowedValues": ["in:eu-locations"]}}]
    call(
        cloud,
        "orgpolicy.organizations.policies.create",
        "organizations/111/policies",
        {"name": name, "spec": {"rules": rules}},
    )
    assert ring(cloud, "us-east1").status == 400


def test_a_location_group_that_google_does_not_have_is_refused(cloud: Cloud) -> None:
    body = {
        "name": f"{POLICIES}/gcp.resourceLocations",
        "spec": {"rules": [{"values": {"allowedValues": ["in:mars-locations"]}}]},
    }
    assert request(cloud, "orgpolicy", "POST", f"/v2/{POLICIES}", body).status == 400


def test_service_account_keys_are_refused_where_the_policy_says_so(cloud: Cloud) -> None:
    account = call(
        cloud,
        "iam.projects.serviceAccounts.create",
        f"projects/{PROJECT}/serviceAccounts",
        {"accountId": "runtime"},
    )
    path = f"/v1/{account['name']}/keys"
    assert request(cloud, "iam", "POST", path, {}).status == 200
    body = {
        "name": f"{POLICIES}/iam.disableServiceAccountKeyCreation",
        "spec": {"rules": [{"enforce": True}]},
    }
    call(cloud, "orgpolicy.projects.policies.create", POLICIES, body)
    assert (request(cloud, "iam", "POST", path, {}).status, request(cloud, "iam", "GET", path).status) == (
        400,
        200,
    )


def perimeter(cloud: Cloud, **status: Any) -> None:
    policy = call(cloud, f"{ACM}.create", "accessPolicies", {"parent": "organizations/111", "title": "t"})[
        "response"
    ]["name"]
    level = {
        "name": f"{policy}/accessLevels/people",
        "title": "t",
        "basic": {"conditions": [{"members": ["user:known@x.org"]}]},
    }
    call(cloud, f"{ACM}.accessLevels.create", f"{policy}/accessLevels", level)
    names = [f"{policy}/accessLevels/people"] if status.pop("level", False) else []
    call(
        cloud,
        f"{ACM}.servicePerimeters.create",
        f"{policy}/servicePerimeters",
        {
            "name": f"{policy}/servicePerimeters/cell",
            "title": "t",
            "status": {
                "resources": [f"projects/{NUMBER}"],
                "restrictedServices": ["cloudkms.googleapis.com"],
                "accessLevels": names,
                **status,
            },
        },
    )


def rings(cloud: Cloud, caller: Caller) -> Reply:
    return request(
        cloud, "cloudkms", "GET", f"/v1/projects/{PROJECT}/locations/europe-west3/keyRings", caller=caller
    )


def test_a_call_from_outside_a_perimeter_is_refused_even_for_the_operator(cloud: Cloud) -> None:
    perimeter(cloud)
    refused = rings(cloud, OPERATOR)
    assert refused.status == 403
    assert "vpcServiceControlsUniqueIdentifier" in refused.body["error"]["message"]
    assert refused.body["error"]["details"][1]["reason"] == "SECURITY_POLICY_VIOLATED"


def test_a_call_from_inside_and_to_an_open_service_passes(cloud: Cloud) -> None:
    perimeter(cloud)
    assert rings(cloud, Caller("user:x@y.z", PROJECT, operator=True)).status == 200
    assert request(cloud, "compute", "GET", f"/compute/v1/projects/{PROJECT}/global/networks").status == 200


def test_an_access_level_lets_its_members_in(cloud: Cloud) -> None:
    perimeter(cloud, level=True)
    assert rings(cloud, Caller("user:known@x.org", operator=True)).status == 200
    assert rings(cloud, Caller("user:other@x.org", operator=True)).status == 403


@pytest.mark.parametrize(
    ("operation", "status"),
    [
        ({"serviceName": "cloudkms.googleapis.com", "methodSelectors": [{"method": "*"}]}, 200),
        (
            {
                "serviceName": "cloudkms.googleapis.com",
                "methodSelectors": [{"method": "KeyManagementService.List"}],
            },
            200,
        ),
        ({"serviceName": "storage.googleapis.com", "methodSelectors": [{"method": "*"}]}, 403),
    ],
)
def test_an_ingress_rule_lets_its_identity_use_its_operations(
    cloud: Cloud, operation: dict[str, Any], status: int
) -> None:
    rule = {
        "ingressFrom": {"identities": ["user:ci@x.org"], "sources": [{"accessLevel": "*"}]},
        "ingressTo": {"resources": ["*"], "operations": [operation]},
    }
    perimeter(cloud, ingressPolicies=[rule])
    assert rings(cloud, Caller("user:ci@x.org", operator=True)).status == status
    assert rings(cloud, Caller("user:other@x.org", operator=True)).status == 403
