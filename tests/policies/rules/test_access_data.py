"""Access to data: buckets, database users, consents, and which FHIR store is the audit trail."""

from __future__ import annotations

from typing import Any

import pytest

from policies.case import Case, Given
from policies.resource import UNKNOWN
from policies.result import Verdict
from policies.rule import RULES
from policies.stack import ROOT
from tests.policies.judged import verdict

PASSED, FAILED, UNPROVEN, OTHER = (
    Verdict.PASSED,
    Verdict.FAILED,
    Verdict.UNPROVEN,
    Verdict.NOT_APPLICABLE,
)


@pytest.mark.parametrize(
    ("id", "key", "good", "bad"),
    [
        ("public-access-prevention", "publicAccessPrevention", "enforced", ("inherited", "", True, {})),
        ("uniform-bucket-access", "uniformBucketLevelAccess", True, (False, "true", 1, {})),
    ],
)
def test_buckets_are_closed(id: str, key: str, good: Any, bad: tuple[Any, ...]) -> None:
    assert verdict(id, {key: good}) is PASSED
    assert {verdict(id, {key: value}) for value in bad} == {FAILED}
    assert verdict(id, {}) is FAILED
    assert verdict(id, {key: UNKNOWN}) is UNPROVEN
    mend = RULES[id].mend
    assert mend is not None
    assert verdict(id, mend({"name": "documents", key: bad[0]})) is PASSED


def instance(version: Any, **flags: Any) -> dict[str, Any]:
    listed = [{"name": name.replace("__", "."), "value": value} for name, value in flags.items()]
    return {"databaseVersion": version, "settings": {"databaseFlags": listed}}


@pytest.mark.parametrize(
    ("given", "expected"),
    [
        (instance("POSTGRES_18", cloudsql__iam_authentication="on"), PASSED),
        (instance("POSTGRES_18", cloudsql__iam_authentication="off"), FAILED),
        (instance("POSTGRES_18", cloudsql_iam_authentication="on"), FAILED),
        (instance("MYSQL_8_0", cloudsql_iam_authentication="ON"), PASSED),
        (instance("MYSQL_8_0"), FAILED),
        (instance("SQLSERVER_2022_STANDARD"), OTHER),
        (instance("ORACLE"), UNPROVEN),
        (instance(UNKNOWN), UNPROVEN),
        ({"databaseVersion": "POSTGRES_18", "settings": {"databaseFlags": ["odd"]}}, FAILED),
        ({"databaseVersion": "POSTGRES_18", "settings": {"databaseFlags": "odd"}}, FAILED),
    ],
)
def test_databases_take_identities_of_iam(given: dict[str, Any], expected: Verdict) -> None:
    assert verdict("sql-iam-authentication", given) is expected


@pytest.mark.parametrize(
    ("type", "expected"),
    [
        ("CLOUD_IAM_SERVICE_ACCOUNT", PASSED),
        ("CLOUD_IAM_GROUP", PASSED),
        ("BUILT_IN", FAILED),
        ("", FAILED),
        (None, FAILED),
        (UNKNOWN, UNPROVEN),
    ],
)
def test_database_users_are_identities_of_iam(type: Any, expected: Verdict) -> None:
    assert verdict("sql-iam-authentication", {"type": type}, "gcp:sql/user:User") is expected


STORE = "gcp:healthcare/fhirStore:FhirStore"
NAME = "projects/p/locations/europe-west3/datasets/riverside-audit/fhirStores/audit"


def store(outputs: dict[str, Any], properties: dict[str, Any], kind: str = "tenant") -> Case:
    root = Given(ROOT, outputs, "stack")
    return Case((root, Given(STORE, {"id": NAME, **properties}, "audit")), {"kind": kind})


@pytest.mark.parametrize(
    ("case", "expected"),
    [
        (store({"auditStore": NAME}, {}), OTHER),
        (store({"auditStore": NAME}, {"consentConfig": {"accessEnforced": True}}), PASSED),
        (store({"auditStore": "projects/p/another"}, {}), FAILED),
        (store({"baseUrl": "https://r.example.org"}, {}), FAILED),
        (store({}, {}), UNPROVEN),
        (store({}, {}, "cell"), FAILED),
        (store({}, {"labels": {"careplane-purpose": "audit"}}), OTHER),
        (store({}, {"labels": {"careplane-purpose": "records"}}, "cell"), FAILED),
        (store({}, {"consentConfig": UNKNOWN}), UNPROVEN),
        (store({"auditStore": NAME}, {"consentConfig": "odd"}, "cell"), OTHER),
    ],
)
def test_consents_are_enforced_on_all_but_the_audit_trail(case: Case, expected: Verdict) -> None:
    assert verdict("fhir-consent-enforced", case) is expected
