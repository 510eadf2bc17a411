"""Values that are secret, or of a form that says nothing, are never passed."""

from __future__ import annotations

from typing import Any

import pytest

from policies.result import Verdict
from tests.policies.judged import stack, verdict
from tests.policies.state_example import SECRET

FAILED, UNPROVEN = Verdict.FAILED, Verdict.UNPROVEN
SCHEMA = "projects/p/schemas/s"


@pytest.mark.parametrize(
    ("rule", "given", "expected"),
    [
        ("topic-schema", {"schemaSettings": {"schema": SECRET, "encoding": "JSON"}}, UNPROVEN),
        ("topic-schema", {"schemaSettings": {"schema": SCHEMA, "encoding": SECRET}}, UNPROVEN),
        ("topic-schema", {"schemaSettings": {"schema": 5, "encoding": "JSON"}}, FAILED),
        ("subscription-dead-letter", {"deadLetterPolicy": {"deadLetterTopic": SECRET}}, UNPROVEN),
        ("subscription-dead-letter", {"deadLetterPolicy": {"deadLetterTopic": ["x"]}}, FAILED),
        (
            "run-egress-all-vpc",
            {"template": {"vpcAccess": {"egress": "ALL_TRAFFIC", "networkInterfaces": SECRET}}},
            UNPROVEN,
        ),
        (
            "run-egress-all-vpc",
            {"template": {"vpcAccess": {"egress": "ALL_TRAFFIC", "connector": SECRET}}},
            UNPROVEN,
        ),
    ],
)
def test_one_value(rule: str, given: dict[str, Any], expected: Verdict) -> None:
    assert verdict(rule, given) is expected


@pytest.mark.parametrize("kept", [float("nan"), float("inf"), SECRET])
def test_backups_without_number_fail(kept: Any) -> None:
    retention = {"backupRetentionSettings": {"retainedBackups": kept}}
    given = {"settings": {"backupConfiguration": {"enabled": True, **retention}}}
    assert verdict("sql-backups-retained", given) is FAILED


@pytest.mark.parametrize("constraint", ["gcp.restrictServiceUsage", "gcp.restrictNonCmekServices"])
def test_a_policy_whose_values_are_secret_is_unproven(constraint: str) -> None:
    key = "allowedValues" if constraint.endswith("Usage") else "deniedValues"
    policy = {"name": constraint, "spec": {"rules": [{"values": {key: [SECRET]}}]}}
    case = stack(("gcp:orgpolicy/policy:Policy", policy), kind="foundation")
    assert verdict("cmek-and-services-constraints", case) is UNPROVEN
