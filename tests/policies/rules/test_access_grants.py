"""What IAM grants, in all the forms in which something can be granted."""

from __future__ import annotations

import json
from typing import Any

import pytest

from policies.resource import SECRET, UNKNOWN
from policies.result import Verdict
from policies.rules import iam
from policies.rules.access_grants import ENTITLEMENT
from tests.policies.judged import findings, stack, verdict

PASSED, FAILED, UNPROVEN, OTHER = (
    Verdict.PASSED,
    Verdict.FAILED,
    Verdict.UNPROVEN,
    Verdict.NOT_APPLICABLE,
)
MEMBER, BINDING, POLICY = iam.ABOVE[:3]
GROUP = "group:clinicians@example.org"


def policy(*bindings: tuple[str, list[Any]]) -> dict[str, Any]:
    granted = [{"role": role, "members": members} for role, members in bindings]
    return {"policyData": json.dumps({"bindings": granted})}


@pytest.mark.parametrize(
    ("type", "properties", "expected"),
    [
        (MEMBER, {"member": GROUP}, PASSED),
        (MEMBER, {"member": "allAuthenticatedUsers"}, FAILED),
        (MEMBER, {"member": "somebody"}, FAILED),
        (MEMBER, {"member": 5}, FAILED),
        (MEMBER, {"member": SECRET}, UNPROVEN),
        (MEMBER, {"member": UNKNOWN}, UNPROVEN),
        (MEMBER, {}, OTHER),
        (BINDING, {"members": [GROUP, "allAuthenticatedUsers"]}, FAILED),
        (BINDING, {"members": [GROUP, "principal://iam.googleapis.com/x/subject/y"]}, PASSED),
        (BINDING, {"members": []}, OTHER),
        (BINDING, {"members": "allUsers"}, UNPROVEN),
        (POLICY, policy(("roles/viewer", [GROUP]), ("roles/run.invoker", ["allUsers"])), FAILED),
        (POLICY, policy(("roles/viewer", [GROUP])), PASSED),
        (POLICY, {"policyData": "{"}, UNPROVEN),
        (POLICY, {"policyData": "[]"}, UNPROVEN),
        (POLICY, {"policyData": '{"bindings": ["odd"]}'}, UNPROVEN),
        (POLICY, {"policyData": UNKNOWN}, UNPROVEN),
        ("gcp:healthcare/fhirStoreIamMember:FhirStoreIamMember", {"member": "allUsers"}, FAILED),
        ("gcp:cloudrun/iamMember:IamMember", {"member": "allUsers"}, FAILED),
        ("gcp:storage/bucketACL:BucketACL", {"roleEntities": ["READER:allUsers"]}, FAILED),
        ("gcp:storage/bucketACL:BucketACL", {"roleEntities": ["OWNER:user-a@example.org"]}, PASSED),
        ("gcp:storage/bucketACL:BucketACL", {"predefinedAcl": "publicRead"}, FAILED),
        ("gcp:storage/bucketACL:BucketACL", {"defaultAcl": "authenticatedRead"}, FAILED),
        ("gcp:storage/bucketACL:BucketACL", {"predefinedAcl": "private"}, PASSED),
        ("gcp:storage/objectACL:ObjectACL", {"predefinedAcl": "publicReadWrite"}, FAILED),
        ("gcp:storage/defaultObjectACL:DefaultObjectACL", {"roleEntities": ["READER:allUsers"]}, FAILED),
        ("gcp:storage/bucketAccessControl:BucketAccessControl", {"entity": "allUsers"}, FAILED),
        ("gcp:storage/objectAccessControl:ObjectAccessControl", {"entity": "user-a@example.org"}, PASSED),
        (
            "gcp:storage/defaultObjectAccessControl:DefaultObjectAccessControl",
            {"entity": "allAuthenticatedUsers"},
            FAILED,
        ),
        ("gcp:bigquery/datasetAccess:DatasetAccess", {"specialGroup": "allAuthenticatedUsers"}, FAILED),
        ("gcp:bigquery/datasetAccess:DatasetAccess", {"iamMember": "allUsers"}, FAILED),
        ("gcp:bigquery/dataset:Dataset", {"accesses": [{"iamMember": "allUsers"}]}, FAILED),
        (
            "gcp:bigquery/dataset:Dataset",
            {"accesses": [{"specialGroup": "projectOwners", "iamMember": ""}]},
            PASSED,
        ),
        ("gcp:bigquery/dataset:Dataset", {"accesses": ["odd"]}, UNPROVEN),
        ("gcp:storage/bucketAccessControl:BucketAccessControl", {"entity": {"odd": 1}}, FAILED),
        ("gcp:bigquery/dataset:Dataset", {"accesses": [{"userByEmail": "a@example.org"}]}, OTHER),
        ("gcp:bigquery/rowAccessPolicy:RowAccessPolicy", {"grantees": ["allAuthenticatedUsers"]}, FAILED),
        ("gcp:storage/bucket:Bucket", {"name": "allUsers"}, OTHER),
    ],
)  # fmt: skip
def test_nothing_is_granted_to_everybody(type: str, properties: dict[str, Any], expected: Verdict) -> None:
    assert verdict("no-public-members", properties, type) is expected


def test_the_path_in_a_policy_names_the_binding_and_the_member() -> None:
    given = policy(("roles/viewer", [GROUP]), ("roles/run.invoker", [GROUP, "allUsers"]))
    (found,) = findings("no-public-members", stack((POLICY, given)))
    assert (found.path, found.seen) == ("policyData.bindings[1].members[1]", "'allUsers'")


FHIR = "gcp:healthcare/fhirStoreIamMember:FhirStoreIamMember"
DATASET = "gcp:healthcare/datasetIamMember:DatasetIamMember"
CUSTOM = "gcp:projects/iAMCustomRole:IAMCustomRole"
OWN_ROLE = "projects/p/roles/reader"


@pytest.mark.parametrize(
    ("type", "role", "expected"),
    [
        (MEMBER, "roles/healthcare.fhirResourceReader", FAILED),
        (MEMBER, "roles/healthcare.datasetAdmin", FAILED),
        ("gcp:folder/iAMMember:IAMMember", "roles/healthcare.fhirResourceReader", FAILED),
        ("gcp:organizations/iAMMember:IAMMember", "roles/healthcare.consentReader", FAILED),
        (MEMBER, "roles/logging.logWriter", OTHER),
        (MEMBER, "roles/healthcare.serviceAgent", OTHER),
        (MEMBER, OWN_ROLE, UNPROVEN),
        (MEMBER, UNKNOWN, UNPROVEN),
        (DATASET, "roles/healthcare.datasetViewer", PASSED),
        (DATASET, "roles/healthcare.fhirResourceReader", FAILED),
        (FHIR, "roles/healthcare.fhirResourceEditor", PASSED),
        (FHIR, OWN_ROLE, PASSED),
        (FHIR, "roles/viewer", OTHER),
    ],
)
def test_healthcare_roles_are_granted_on_stores(type: str, role: Any, expected: Verdict) -> None:
    assert verdict("healthcare-roles-at-store", {"role": role}, type) is expected


@pytest.mark.parametrize(
    ("type", "permissions", "expected"),
    [
        (MEMBER, ["healthcare.fhirResources.get"], FAILED),
        (MEMBER, ["storage.objects.get"], OTHER),
        (DATASET, ["healthcare.datasets.get"], PASSED),
        (DATASET, ["healthcare.datasets.get", "healthcare.fhirResources.get"], FAILED),
        (MEMBER, UNKNOWN, UNPROVEN),
    ],
)
def test_a_custom_role_is_what_it_permits(type: str, permissions: Any, expected: Verdict) -> None:
    case = stack((type, {"role": OWN_ROLE}), (CUSTOM, {"name": OWN_ROLE, "permissions": permissions}))
    assert verdict("healthcare-roles-at-store", case) is expected


@pytest.mark.parametrize(
    ("role", "expected"),
    [
        ("roles/owner", FAILED),
        ("roles/editor", FAILED),
        ("roles/viewer", FAILED),
        ("roles/writer", FAILED),
        ("", FAILED),
        (None, FAILED),
        ("roles/browser", PASSED),
        ("roles/run.admin", PASSED),
        ("organizations/1/roles/careplane_audit_writer", PASSED),
        (UNKNOWN, UNPROVEN),
    ],
)
def test_basic_roles_are_granted_to_nobody(role: Any, expected: Verdict) -> None:
    for token in ("projects", "folder", "organizations"):
        assert verdict("no-basic-roles", {"role": role}, f"gcp:{token}/iAMMember:IAMMember") is expected
    entitled = {"privilegedAccess": {"gcpIamAccess": {"roleBindings": [{"role": role}]}}}
    assert verdict("no-basic-roles", entitled, ENTITLEMENT) is expected


def test_an_entitlement_that_cannot_be_read_is_unproven() -> None:
    assert verdict("no-basic-roles", {"privilegedAccess": "odd"}, ENTITLEMENT) is UNPROVEN


ACCOUNT_MEMBER = "gcp:serviceaccount/iAMMember:IAMMember"


@pytest.mark.parametrize(
    ("type", "role", "expected"),
    [
        (MEMBER, "roles/iam.serviceAccountTokenCreator", FAILED),
        (MEMBER, "roles/iam.serviceAccountUser", FAILED),
        (MEMBER, "roles/iam.workloadIdentityUser", FAILED),
        (MEMBER, "roles/iam.securityReviewer", OTHER),
        (ACCOUNT_MEMBER, "roles/iam.serviceAccountTokenCreator", PASSED),
        (ACCOUNT_MEMBER, "roles/viewer", OTHER),
        (MEMBER, UNKNOWN, UNPROVEN),
    ],
)
def test_nobody_acts_as_every_account_of_a_project(type: str, role: Any, expected: Verdict) -> None:
    assert verdict("no-project-token-creator", {"role": role}, type) is expected


KEY_MEMBER = "gcp:kms/cryptoKeyIAMMember:CryptoKeyIAMMember"
RING_BINDING = "gcp:kms/keyRingIAMBinding:KeyRingIAMBinding"
ADMIN, USE = "roles/cloudkms.admin", "roles/cloudkms.cryptoKeyEncrypterDecrypter"


def granted(role: Any, member: Any = GROUP) -> tuple[str, dict[str, Any]]:
    return KEY_MEMBER, {"role": role, "member": member}


@pytest.mark.parametrize(
    ("grants", "expected"),
    [
        ([granted(ADMIN)], PASSED),
        ([granted(USE)], PASSED),
        ([granted("roles/cloudkms.viewer"), granted(ADMIN)], OTHER),
        ([granted(ADMIN), granted(USE)], FAILED),
        ([granted(USE), granted(ADMIN)], FAILED),
        ([granted(ADMIN), granted(USE, "group:others@example.org")], PASSED),
        ([granted("roles/cloudkms.signerVerifier"), granted(ADMIN)], FAILED),
        ([granted(USE), (RING_BINDING, {"role": ADMIN, "members": [GROUP]})], FAILED),
        ([granted(USE), (POLICY, policy((ADMIN, [GROUP])))], FAILED),
        ([granted(ADMIN), (MEMBER, {"role": USE, "member": GROUP})], FAILED),
        ([granted(ADMIN), granted(USE, UNKNOWN)], UNPROVEN),
        ([granted(UNKNOWN)], UNPROVEN),
        ([granted(ADMIN), granted(USE), granted(UNKNOWN)], FAILED),
    ],
)
def test_whoever_administers_keys_does_not_use_them(
    grants: list[tuple[str, dict[str, Any]]], expected: Verdict
) -> None:
    assert verdict("kms-duties-split", stack(*grants)) is expected
