"""Projects, folders and services that are enabled."""

from __future__ import annotations

from pathlib import Path

import pytest

from localcloud.api import Caller
from localcloud.cloud import Cloud
from tests.localcloud.harness import NUMBER, PROJECT, make_cloud, request

ALICE = Caller("user:alice@example.org")
V1, V3 = "/v1/projects", "/v3/projects"
CREATORS = {
    "policy": {"bindings": [{"role": "roles/resourcemanager.projectCreator", "members": [ALICE.member]}]}
}


@pytest.fixture
def cloud(tmp_path: Path) -> Cloud:
    return make_cloud(tmp_path)


def test_both_versions_show_one_project(cloud: Cloud) -> None:
    v1 = request(cloud, "cloudresourcemanager", "GET", f"{V1}/{PROJECT}").body
    v3 = request(cloud, "cloudresourcemanager", "GET", f"{V3}/{NUMBER}").body
    assert (v1["projectNumber"], v1["lifecycleState"], v1["parent"]) == (
        NUMBER,
        "ACTIVE",
        {"type": "organization", "id": "111"},
    )
    assert (v3["name"], v3["state"], v3["parent"]) == (f"projects/{NUMBER}", "ACTIVE", "organizations/111")


def test_a_project_is_created_by_whom_the_organisation_lets_and_belongs_to_them(cloud: Cloud) -> None:
    body = {"projectId": "alices-own", "parent": {"type": "organization", "id": "111"}}
    assert request(cloud, "cloudresourcemanager", "POST", V1, body, ALICE).status == 403
    request(cloud, "cloudresourcemanager", "POST", "/v3/organizations/111:setIamPolicy", CREATORS)
    operation = request(cloud, "cloudresourcemanager", "POST", V1, body, ALICE).body
    assert operation["done"] and operation["response"]["projectId"] == "alices-own"
    polled = request(cloud, "cloudresourcemanager", "GET", f"/v1/{operation['name']}", caller=ALICE)
    assert polled.body == operation
    assert (
        request(
            cloud, "compute", "GET", "/compute/v1/projects/alices-own/global/networks", caller=ALICE
        ).status
        == 200
    )
    assert request(cloud, "cloudresourcemanager", "GET", f"{V1}/{PROJECT}", caller=ALICE).status == 403


def test_a_deleted_project_refuses_every_call_keeps_its_id_and_comes_back(cloud: Cloud) -> None:
    networks = f"/compute/v1/projects/{PROJECT}/global/networks"
    assert request(cloud, "cloudresourcemanager", "DELETE", f"{V1}/{PROJECT}").status == 200
    assert request(cloud, "compute", "GET", networks).status == 403
    assert request(cloud, "cloudresourcemanager", "POST", V1, {"projectId": PROJECT}).status == 409
    assert request(cloud, "cloudresourcemanager", "POST", f"{V1}/{PROJECT}:undelete", {}).status == 200
    assert request(cloud, "compute", "GET", networks).status == 200


@pytest.mark.parametrize("project", ["", "Short", "9starts", "ends-", "a" * 31])
def test_a_project_id_that_google_refuses(cloud: Cloud, project: str) -> None:
    assert request(cloud, "cloudresourcemanager", "POST", V1, {"projectId": project}).status == 400


def test_a_folder_holds_projects_and_only_an_empty_one_can_go(cloud: Cloud) -> None:
    body = {"displayName": "eu", "parent": "organizations/111"}
    folder = request(cloud, "cloudresourcemanager", "POST", "/v3/folders", body).body["response"]["name"]
    assert request(cloud, "cloudresourcemanager", "POST", "/v3/folders", body).status == 400
    request(cloud, "cloudresourcemanager", "POST", V3, {"projectId": "in-folder", "parent": folder})
    assert request(cloud, "cloudresourcemanager", "DELETE", f"/v3/{folder}").status == 400
    request(cloud, "cloudresourcemanager", "DELETE", f"{V3}/in-folder")
    assert request(cloud, "cloudresourcemanager", "DELETE", f"/v3/{folder}").status == 200


def test_enabling_compute_makes_the_default_network(cloud: Cloud) -> None:
    path = f"/v1/projects/{PROJECT}/services"
    assert request(cloud, "serviceusage", "GET", path).body == {"services": []}
    request(cloud, "serviceusage", "POST", f"{path}/compute.googleapis.com:enable", {})
    network = request(cloud, "compute", "GET", f"/compute/beta/projects/{PROJECT}/global/networks/default")
    assert network.body["autoCreateSubnetworks"] is True
    found = request(cloud, "serviceusage", "GET", path, query={"filter": "state:ENABLED"}).body["services"]
    assert [service["name"] for service in found] == [f"projects/{NUMBER}/services/compute.googleapis.com"]
    assert (
        request(
            cloud, "compute", "DELETE", f"/compute/beta/projects/{PROJECT}/global/networks/default"
        ).status
        == 400
    )
