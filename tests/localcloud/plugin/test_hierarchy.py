"""Organisation, folders, projects and shared networks against a running localcloud: no recording has them."""

from __future__ import annotations

import uuid
from collections.abc import Iterator
from typing import Any

import grpc
import pytest

from localcloud.ports import APIS
from tests.localcloud.plugin.engine import Engine, plugin
from tests.localcloud.running import RunningCloud

PROJECT = "gcp:organizations/project:Project"
FOLDER = "gcp:organizations/folder:Folder"


@pytest.fixture
def engine(localcloud: RunningCloud) -> Iterator[Engine]:
    with plugin(_configuration(localcloud)) as made:
        yield made


def _configuration(cloud: RunningCloud) -> dict[str, str]:
    urls = {key: cloud.settings.url(api.name) + path for api in APIS for key, path in api.endpoints}
    place = {"project": "careplane-cell", "region": "europe-west3"}
    return {**urls, **place, "accessToken": cloud.operator_token}


def _made(engine: Engine, token: str, given: dict[str, Any]) -> tuple[str, dict[str, Any], dict[str, Any]]:
    inputs, failures = engine.check(token, "x", given)
    assert failures == []
    return (*engine.create(token, "x", inputs), inputs)


def _name() -> str:
    return f"p{uuid.uuid4().hex[:12]}"


def _project(engine: Engine, **more: Any) -> tuple[str, dict[str, Any], dict[str, Any]]:
    given = {"projectId": _name(), "name": "a project", "orgId": "111", "deletionPolicy": "DELETE", **more}
    return _made(engine, PROJECT, given)


def test_a_project_is_made_changed_imported_and_deleted(engine: Engine) -> None:
    id, outputs, inputs = _project(engine, labels={"tier": "gold"}, autoCreateNetwork=False)
    assert id == f"projects/{inputs['projectId']}"
    assert outputs["number"].isdigit() and outputs["orgId"] == "111"
    assert outputs["labels"] == {"tier": "gold"}

    changed = {**inputs, "name": "another name", "labels": {}}
    assert set(engine.diff(PROJECT, "x", id, outputs, inputs, changed).detailedDiff) == {
        "name",
        "labels.tier",
    }
    outputs = engine.update(PROJECT, "x", id, outputs, inputs, changed)
    assert (outputs["name"], outputs["labels"]) == ("another name", None)

    found, imported, imported_inputs = engine.read(PROJECT, "x", id, {}, {})
    assert (found, imported["number"]) == (id, outputs["number"])
    assert imported_inputs["projectId"] == inputs["projectId"]

    engine.delete(PROJECT, "x", id, outputs, changed)
    assert engine.read(PROJECT, "x", id, outputs, changed)[0] == ""


def test_a_project_without_a_network_of_its_own_has_none(engine: Engine, localcloud: RunningCloud) -> None:
    id, _, _ = _project(engine, autoCreateNetwork=False)
    answer = localcloud.request("compute", "GET", f"/compute/v1/{id}/global/networks/default")
    assert answer.status_code == 404


def test_a_project_is_kept_unless_the_program_says_otherwise(engine: Engine) -> None:
    id, outputs, inputs = _project(engine, deletionPolicy="PREVENT")
    with pytest.raises(grpc.RpcError, match="deletionPolicy PREVENT"):
        engine.delete(PROJECT, "x", id, outputs, inputs)


def test_a_folder_is_protected_until_the_program_says_otherwise(engine: Engine) -> None:
    given = {"displayName": _name(), "parent": "organizations/111"}
    id, outputs, inputs = _made(engine, FOLDER, given)
    with pytest.raises(grpc.RpcError, match="deletionProtection"):
        engine.delete(FOLDER, "x", id, outputs, inputs)
    news = {**inputs, "deletionProtection": False, "displayName": _name()}
    outputs = engine.update(FOLDER, "x", id, outputs, inputs, news)
    assert outputs["displayName"] == news["displayName"]
    engine.delete(FOLDER, "x", id, outputs, news)
    assert engine.read(FOLDER, "x", id, outputs, news)[0] == ""


def test_members_of_organisation_and_folder(engine: Engine) -> None:
    _, folder, _ = _made(engine, FOLDER, {"displayName": _name(), "parent": "organizations/111"})
    grant = {"role": "roles/viewer", "member": "group:auditors@example.org"}
    for token, of in (
        ("gcp:organizations/iAMMember:IAMMember", {"orgId": "111"}),
        ("gcp:folder/iAMMember:IAMMember", {"folder": folder["name"]}),
    ):
        id, outputs, inputs = _made(engine, token, {**of, **grant})
        assert engine.read(token, "x", id, outputs, inputs)[0] == id
        engine.delete(token, "x", id, outputs, inputs)
        assert engine.read(token, "x", id, outputs, inputs)[0] == ""


def test_a_role_of_the_organisation(engine: Engine) -> None:
    token = "gcp:organizations/iAMCustomRole:IAMCustomRole"
    given = {"orgId": "111", "roleId": _name(), "title": "t", "permissions": ["storage.buckets.get"]}
    id, outputs, inputs = _made(engine, token, given)
    assert id == f"organizations/111/roles/{given['roleId']}"
    news = {**inputs, "permissions": ["storage.buckets.get", "storage.buckets.list"]}
    outputs = engine.update(token, "x", id, outputs, inputs, news)
    assert sorted(outputs["permissions"]) == news["permissions"]
    engine.delete(token, "x", id, outputs, news)
    assert engine.read(token, "x", id, outputs, news)[0] == ""


def test_a_project_lends_its_network_to_another(engine: Engine) -> None:
    host, service = (_project(engine)[2]["projectId"] for _ in range(2))
    lender = "gcp:compute/sharedVPCHostProject:SharedVPCHostProject"
    user = "gcp:compute/sharedVPCServiceProject:SharedVPCServiceProject"
    first = _made(engine, lender, {"project": host})
    second = _made(engine, user, {"hostProject": host, "serviceProject": service})
    assert (first[0], second[0]) == (host, f"{host}/{service}")
    assert engine.read(user, "x", *second)[0] == second[0]
    engine.delete(user, "x", *second)
    assert engine.read(user, "x", *second)[0] == ""
    engine.delete(lender, "x", *first)
    assert engine.read(lender, "x", *first)[0] == ""
