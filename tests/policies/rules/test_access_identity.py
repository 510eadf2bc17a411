"""Who acts: invokers, service accounts and their keys, federation."""

from __future__ import annotations

from typing import Any

import pytest

from policies.resource import UNKNOWN
from policies.result import Verdict
from policies.rules.access_identity import ACCOUNT, ACCOUNTS, RUN_SERVICE
from tests.policies.judged import findings, stack, verdict

PASSED, FAILED, UNPROVEN, OTHER = (
    Verdict.PASSED,
    Verdict.FAILED,
    Verdict.UNPROVEN,
    Verdict.NOT_APPLICABLE,
)
OWN = "tenant-riverside@p.iam.gserviceaccount.com"
DEFAULT = "123456-compute@developer.gserviceaccount.com"


def nested(path: str, value: Any) -> dict[str, Any]:
    first, _, rest = path.partition(".")
    return {first: nested(rest, value) if rest else value}


@pytest.mark.parametrize(
    ("type", "properties", "expected"),
    [
        (RUN_SERVICE, {}, PASSED),
        (RUN_SERVICE, {"invokerIamDisabled": True}, FAILED),
        (RUN_SERVICE, {"invokerIamDisabled": "true"}, FAILED),
        (RUN_SERVICE, {"invokerIamDisabled": True, "ingress": "INGRESS_TRAFFIC_ALL"}, FAILED),
        (RUN_SERVICE, {"invokerIamDisabled": True, "ingress": "INGRESS_TRAFFIC_INTERNAL_ONLY"}, FAILED),
        (RUN_SERVICE, {"invokerIamDisabled": True, "ingress": UNKNOWN}, UNPROVEN),
        (
            RUN_SERVICE,
            {"invokerIamDisabled": True, "ingress": "INGRESS_TRAFFIC_INTERNAL_LOAD_BALANCER"},
            OTHER,
        ),
        (RUN_SERVICE, {"invokerIamDisabled": UNKNOWN}, UNPROVEN),
        ("gcp:cloudrunv2/serviceIamMember:ServiceIamMember", {"member": "allUsers"}, FAILED),
        ("gcp:cloudrunv2/serviceIamMember:ServiceIamMember", {"member": f"serviceAccount:{OWN}"}, PASSED),
        ("gcp:cloudrunv2/serviceIamMember:ServiceIamMember", {"member": 5}, FAILED),
        ("gcp:cloudrunv2/jobIamBinding:JobIamBinding", {"members": ["allAuthenticatedUsers"]}, FAILED),
        ("gcp:cloudrun/iamBinding:IamBinding", {"members": []}, OTHER),
        ("gcp:cloudfunctionsv2/functionIamMember:FunctionIamMember", {"member": UNKNOWN}, UNPROVEN),
        ("gcp:cloudfunctions/functionIamPolicy:FunctionIamPolicy", {"policyData": "{}"}, OTHER),
    ],
)
def test_invokers_are_named(type: str, properties: dict[str, Any], expected: Verdict) -> None:
    assert verdict("invoker-not-public", properties, type) is expected


@pytest.mark.parametrize(("type", "path"), ACCOUNTS.items())
def test_workloads_have_an_account_of_their_own(type: str, path: str) -> None:
    def judged(value: Any) -> Verdict:
        return verdict("own-service-account", nested(path, value), type)

    assert judged(OWN) is PASSED
    assert judged(f"projects/p/serviceAccounts/{OWN}") is PASSED
    assert {judged(odd) for odd in (DEFAULT, "p@appspot.gserviceaccount.com", "", None, "x", [OWN])} == {
        FAILED
    }
    assert judged(UNKNOWN) is UNPROVEN
    assert verdict("own-service-account", {}, type) is FAILED


@pytest.mark.parametrize(
    ("account", "expected"),
    [
        ({"email": OWN}, PASSED),
        ({"email": DEFAULT}, FAILED),
        ({"scopes": ["cloud-platform"]}, FAILED),
        (None, OTHER),
    ],
)
@pytest.mark.parametrize(
    "type",
    [
        "compute/instance:Instance",
        "compute/instanceTemplate:InstanceTemplate",
        "compute/regionInstanceTemplate:RegionInstanceTemplate",
    ],
)
def test_machines_have_an_account_of_their_own_or_none(type: str, account: Any, expected: Verdict) -> None:
    assert verdict("own-service-account", {"serviceAccount": account}, f"gcp:{type}") is expected


KEY, HMAC = "gcp:serviceaccount/key:Key", "gcp:storage/hmacKey:HmacKey"
NAMED = (ACCOUNT, {"name": f"projects/p/serviceAccounts/{OWN}", "email": OWN})


@pytest.mark.parametrize(
    ("others", "expected"),
    [
        ([], PASSED),
        ([(KEY, {"serviceAccountId": f"projects/p/serviceAccounts/{OWN}"})], FAILED),
        ([(KEY, {"serviceAccountId": OWN})], FAILED),
        ([(KEY, {"serviceAccountId": "another@p.iam.gserviceaccount.com"})], PASSED),
        ([(HMAC, {"serviceAccountEmail": OWN})], FAILED),
        ([(HMAC, {"serviceAccountEmail": OWN, "state": "INACTIVE"})], PASSED),
        ([(KEY, {"serviceAccountId": UNKNOWN})], UNPROVEN),
    ],
)
def test_accounts_have_no_keys(others: list[tuple[str, dict[str, Any]]], expected: Verdict) -> None:
    assert verdict("no-service-account-keys", stack(NAMED, *others)) is expected


@pytest.mark.parametrize(
    ("type", "properties", "expected"),
    [
        (KEY, {"serviceAccountId": OWN}, FAILED),
        (HMAC, {"serviceAccountEmail": OWN, "state": "ACTIVE"}, FAILED),
        (HMAC, {"serviceAccountEmail": OWN, "state": "INACTIVE"}, OTHER),
    ],
)
def test_a_key_fails_wherever_its_account_is(
    type: str, properties: dict[str, Any], expected: Verdict
) -> None:
    (found,) = findings("no-service-account-keys", stack((type, properties)))
    assert found.verdict is expected


@pytest.mark.parametrize(
    ("properties", "expected"),
    [
        ({"attributeCondition": "assertion.repository_owner == 'careplane'"}, PASSED),
        ({"attributeCondition": "google.subject.startsWith('ci')"}, PASSED),
        ({"attributeCondition": "true"}, FAILED),
        ({"attributeCondition": ""}, FAILED),
        ({"attributeCondition": ["assertion.ref"]}, FAILED),
        ({}, FAILED),
        ({"disabled": True}, OTHER),
        ({"attributeCondition": UNKNOWN}, UNPROVEN),
    ],
)
def test_federation_says_whom_it_admits(properties: dict[str, Any], expected: Verdict) -> None:
    assert verdict("federation-condition", properties) is expected
