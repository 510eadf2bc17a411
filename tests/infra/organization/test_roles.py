from __future__ import annotations

import re
from typing import Any

import pytest

from infra.errors import ConfigError
from infra.organization.roles import ROLES, Roles, RolesArgs
from tests.infra.engine import declare

DATA = re.compile(
    r"healthcare\.(fhirResources|hl7V2Messages|dicom\w+|operations)\.|storage\.objects\.|"
    r"secretmanager\.versions\.|pubsub\.subscriptions\.consume|logging\.(privateLog|log)Entries\.|"
    r"cloudsql\.instances\.(connect|login|export)|cloudkms\.cryptoKeyVersions\.(useTo|viewPublicKey)"
)
GIVES_RIGHTS = re.compile(r"\.setIamPolicy$|\.actAs$|\.getAccessToken$|^iam\.serviceAccountKeys\.")


def test_every_role_has_a_full_name() -> None:
    found = declare(lambda: dict(Roles("r", RolesArgs("111", roles=ROLES)).names))
    assert found.outputs == {role: f"organizations/111/roles/{role}" for role in ROLES}


def test_by_default_what_the_runtime_needs() -> None:
    role = declare(lambda: Roles("r", RolesArgs("111")) and None).one("IAMCustomRole")
    assert role.inputs["roleId"] == "careplane_audit_writer"


def test_in_a_project() -> None:
    role = {"careplane_deployer": ROLES["careplane_deployer"]}
    found = declare(lambda: dict(Roles("r", RolesArgs(project="careplane-cell", roles=role)).names))
    assert found.outputs == {"careplane_deployer": "projects/careplane-cell/roles/careplane_deployer"}


@pytest.mark.parametrize("role", sorted(ROLES))
def test_form(role: str) -> None:
    title, permissions = ROLES[role]
    assert len(title) <= 100
    assert len(set(permissions)) == len(permissions)
    assert not [permission for permission in permissions if GIVES_RIGHTS.search(permission)]


@pytest.mark.parametrize(
    "role", ["careplane_tenant_operator", "careplane_key_administrator", "careplane_deployer"]
)
def test_no_data(role: str) -> None:
    assert not [permission for permission in ROLES[role][1] if DATA.search(permission)]


def test_the_auditor_changes_nothing() -> None:
    verbs = {permission.rsplit(".", 1)[1] for permission in ROLES["careplane_auditor"][1]}
    reads = {"get", "list", "getIamPolicy", "searchAllIamPolicies", "searchAllResources"}
    assert verbs == reads


@pytest.mark.parametrize(
    ("given", "named"),
    [
        ({}, "organization: nothing was given; allowed: either organization or project"),
        ({"organization": "111", "project": "p"}, "both organization and project"),
        ({"organization": "111", "roles": {"r": ("t", ("run.*",))}}, r"roles: r: 'run\.\*' is not allowed"),
        ({"organization": "111", "roles": {"r": ("t", ("run.services.*",))}}, "none with"),
    ],
)
def test_refused(given: dict[str, Any], named: str) -> None:
    with pytest.raises(ConfigError, match=named):
        RolesArgs(**given)
