"""Tenants' identities: own account, own stack, second sites, and what may be shared by the cell."""

from __future__ import annotations

from typing import Any

import pytest

from policies.case import Case, Given
from policies.resource import UNKNOWN
from policies.result import Verdict
from policies.rule import RULES
from policies.rules.access_identity import ACCOUNT, RUN_JOB, RUN_SERVICE, RUN_WORKERS
from policies.stack import ROOT, Stack
from tests.policies.judged import stack, verdict

PASSED, FAILED, UNPROVEN, OTHER = (
    Verdict.PASSED,
    Verdict.FAILED,
    Verdict.UNPROVEN,
    Verdict.NOT_APPLICABLE,
)
OWN, OTHERS = "riverside@p.iam.gserviceaccount.com", "lakeside@p.iam.gserviceaccount.com"


def service(account: Any, tenant: str = "", type: str = RUN_SERVICE) -> tuple[str, dict[str, Any]]:
    labels = {"labels": {"tenant": tenant}} if tenant else {}
    return type, {**labels, "template": {"serviceAccount": account}}


def job(account: Any, tenant: str = "") -> tuple[str, dict[str, Any]]:
    labels = {"labels": {"tenant": tenant}} if tenant else {}
    return RUN_JOB, {**labels, "template": {"template": {"serviceAccount": account}}}


MADE = (ACCOUNT, {"email": OWN})


@pytest.mark.parametrize(
    ("resources", "expected"),
    [
        ([service(OWN), MADE], PASSED),
        ([service(OWN, type=RUN_WORKERS), MADE], PASSED),
        ([service(OTHERS), MADE], FAILED),
        ([service(None), MADE], FAILED),
        ([service(OWN)], UNPROVEN),
        ([service(UNKNOWN), MADE], UNPROVEN),
        ([job("sql-admin@cell.iam.gserviceaccount.com"), MADE], OTHER),
        ([job("sql-admin@cell.iam.gserviceaccount.com", "riverside"), MADE], PASSED),
        ([service(OWN, "riverside"), job(OWN, "lakeside"), MADE], FAILED),
    ],
)
def test_a_tenant_runs_as_itself(resources: list[tuple[str, dict[str, Any]]], expected: Verdict) -> None:
    assert verdict("identity-per-tenant", stack(*resources, kind="tenant")) is expected


@pytest.mark.parametrize(("account", "expected"), [(OWN, PASSED), (OTHERS, FAILED)])
def test_a_second_site_runs_as_the_account_that_its_outputs_name(account: str, expected: Verdict) -> None:
    root = Given(ROOT, {"serviceAccount": OWN}, "stack")
    case = Case((root, Given(*service(account))), {"kind": "tenant"})
    assert verdict("identity-per-tenant", case) is expected


@pytest.mark.parametrize(
    ("resources", "expected"),
    [
        ([service(OWN, "riverside"), service(OTHERS, "lakeside")], PASSED),
        ([service(OWN, "riverside"), service(OWN, "lakeside")], FAILED),
        ([service(OWN, "riverside"), service(OWN, "riverside", RUN_WORKERS)], PASSED),
        ([service(OWN, "riverside"), service(UNKNOWN, "lakeside")], UNPROVEN),
        ([service(OWN)], OTHER),
    ],
)
def test_two_tenants_of_one_stack_share_no_account(
    resources: list[tuple[str, dict[str, Any]]], expected: Verdict
) -> None:
    assert verdict("identity-per-tenant", stack(*resources)) is expected


def test_an_account_that_is_not_made_yet_is_known_by_what_the_service_is_made_from() -> None:
    built = stack(service(UNKNOWN), (ACCOUNT, {"email": UNKNOWN}), kind="tenant").build()
    root, runs, account = built.resources
    runs = runs._replace(references={"template": (account.urn,)})
    planned = Stack((root, runs, account), built.context, "s")
    assert RULES["identity-per-tenant"].finding(runs, planned).verdict is PASSED
