"""The audit trail: which stack holds what, what a filter leaves out, and where the trail ends."""

from __future__ import annotations

from typing import Any

import pytest

from policies.case import Case, Given
from policies.resource import UNKNOWN
from policies.result import Verdict
from policies.rules.audit import (
    BUCKET,
    FOLDER_SINK,
    LOG_BUCKET,
    ORGANIZATION_CONFIG,
    ORGANIZATION_SINK,
    PROJECT_CONFIG,
    PROJECT_SINK,
)
from policies.rules.boundary import PROJECT
from policies.stack import ROOT
from tests.policies.judged import SETTINGS, findings, stack, verdict

EVERY, HEALTHCARE, SINK, LOCKED = (
    "audit-every-service",
    "audit-healthcare-data",
    "audit-aggregated-sink",
    "audit-bucket-locked",
)


def of_stack(rule: str, *given: Any, **settings: Any) -> Verdict:
    """The verdict on the stack itself."""
    return next(f for f in findings(rule, stack(*given, **settings)) if f.type == ROOT).verdict


def config(*kinds: str, service: str = "allServices", **more: Any) -> dict[str, Any]:
    return {"service": service, "auditLogConfigs": [{"logType": kind, **more} for kind in kinds]}


ALL = ("ADMIN_READ", "DATA_READ", "DATA_WRITE")


@pytest.mark.parametrize("kind", ALL)
def test_each_kind_of_log_is_wanted_and_nobody_is_exempt(kind: str) -> None:
    assert verdict(EVERY, config(*(each for each in ALL if each != kind))) is Verdict.FAILED
    assert verdict(EVERY, config(*ALL, exemptedMembers=["user:a@example.org"])) is Verdict.FAILED
    assert verdict(EVERY, config(*ALL, exemptedMembers=[])) is Verdict.PASSED


def test_a_configuration_of_one_service_exempts_nobody_and_is_no_more() -> None:
    storage = config("DATA_READ", service="storage.googleapis.com")
    assert verdict(EVERY, storage) is Verdict.NOT_APPLICABLE
    exempting = config("DATA_READ", service="storage.googleapis.com", exemptedMembers=["user:a@example.org"])
    assert verdict(EVERY, exempting) is Verdict.FAILED
    assert verdict(HEALTHCARE, exempting) is Verdict.NOT_APPLICABLE


def test_healthcare_may_have_a_configuration_of_its_own() -> None:
    own = config("DATA_READ", "DATA_WRITE", service="healthcare.googleapis.com")
    assert verdict(HEALTHCARE, own) is Verdict.PASSED
    exempting = config("DATA_READ", "DATA_WRITE", exemptedMembers=["user:a@example.org"])
    assert verdict(HEALTHCARE, exempting) is Verdict.FAILED
    administrators = config("ADMIN_READ", exemptedMembers=["user:a@example.org"])
    administrators["auditLogConfigs"] += own["auditLogConfigs"]
    assert verdict(HEALTHCARE, administrators) is Verdict.PASSED


@pytest.mark.parametrize("rule", [EVERY, HEALTHCARE])
def test_the_organisation_and_every_project_of_a_cell_have_one(rule: str) -> None:
    project = (PROJECT, {"projectId": "cell"})
    own = (PROJECT_CONFIG, {**config(*ALL), "project": "cell"})
    foreign = (PROJECT_CONFIG, {**config(*ALL), "project": "other"})
    assert of_stack(rule, kind="organization") is Verdict.FAILED
    assert of_stack(rule, (ORGANIZATION_CONFIG, config(*ALL)), kind="organization") is Verdict.PASSED
    assert of_stack(rule, project, own, kind="cell") is Verdict.PASSED
    assert of_stack(rule, project, foreign, kind="cell") is Verdict.FAILED
    assert of_stack(rule, project, kind="cell") is Verdict.FAILED
    assert of_stack(rule) is Verdict.UNPROVEN
    assert of_stack(rule, kind="tenant") is Verdict.NOT_APPLICABLE
    assert of_stack(rule, kind="cell", pairedCell="eu-cell") is Verdict.NOT_APPLICABLE


def test_where_no_healthcare_api_is_used_none_is_logged() -> None:
    assert of_stack(HEALTHCARE, kind="cell", profile="private") is Verdict.NOT_APPLICABLE
    assert of_stack(EVERY, kind="cell", profile="private") is Verdict.FAILED


def sink(**given: Any) -> dict[str, Any]:
    return {"filter": "", "includeChildren": True, **given}


@pytest.mark.parametrize(
    "given",
    [
        sink(includeChildren=None),
        sink(disabled=True),
        sink(exclusions=[{"filter": 'resource.type="gcs_bucket"'}]),
        sink(filter='log_id("cloudaudit.googleapis.com/activity")'),
        sink(filter='logName:"cloudaudit.googleapis.com" AND severity>=ERROR'),
    ],
)
@pytest.mark.parametrize("kind", [ORGANIZATION_SINK, FOLDER_SINK])
def test_a_sink_that_carries_a_part_fails(given: dict[str, Any], kind: str) -> None:
    assert verdict(SINK, given, kind) is Verdict.FAILED
    beside = stack((kind, given), (kind, sink()))
    assert [f.verdict for f in findings(SINK, beside)][:2] == [Verdict.NOT_APPLICABLE, Verdict.PASSED]


def test_sinks_of_other_logs_are_no_subject() -> None:
    assert verdict(SINK, sink(filter='log_id("dns.googleapis.com/dns_queries")')) is Verdict.NOT_APPLICABLE
    assert verdict(SINK, sink(filter=UNKNOWN)) is Verdict.UNPROVEN


def test_the_organisation_and_each_folder_have_a_sink() -> None:
    organization, folder = (ORGANIZATION_SINK, sink()), (FOLDER_SINK, sink())
    assert of_stack(SINK, kind="organization") is Verdict.FAILED
    assert of_stack(SINK, folder, kind="organization") is Verdict.FAILED
    assert of_stack(SINK, organization, kind="organization") is Verdict.NOT_APPLICABLE
    assert of_stack(SINK, organization, kind="foundation") is Verdict.FAILED
    assert of_stack(SINK, folder, kind="foundation") is Verdict.NOT_APPLICABLE
    assert of_stack(SINK) is Verdict.UNPROVEN
    assert of_stack(SINK, kind="cell") is Verdict.NOT_APPLICABLE


ID = "projects/p/locations/europe-west3/buckets/audit"


@pytest.mark.parametrize(
    "given",
    [
        {"locked": True},
        {"locked": True, "retentionDays": 2189},
        {"locked": True, "retentionDays": "2190"},
        {"locked": True, "retentionDays": True},
        {"retentionDays": 2190},
        {"retentionDays": 2190, "locked": "true"},
    ],
)
def test_six_years_locked(given: dict[str, Any]) -> None:
    assert verdict(LOCKED, given) is Verdict.FAILED


def led(
    given: dict[str, Any], filter: str = "", destination: Any = f"logging.googleapis.com/{ID}"
) -> Verdict:
    route = (PROJECT_SINK, {"destination": destination, "filter": filter})
    return verdict(LOCKED, stack((LOG_BUCKET, {"id": ID, **given}), route))


def test_only_buckets_that_may_hold_the_trail_are_judged() -> None:
    short = {"retentionDays": 30}
    assert led(short) is Verdict.FAILED
    assert led(short, 'log_id("dns.googleapis.com/dns_queries")') is Verdict.NOT_APPLICABLE
    assert led({"bucketId": "_Default", **short}) is Verdict.FAILED
    assert verdict(LOCKED, {"bucketId": "_Default", **short}) is Verdict.NOT_APPLICABLE
    assert verdict(LOCKED, {"bucketId": "_Required", **short}) is Verdict.NOT_APPLICABLE


def stored(policy: Any, destination: Any = "storage.googleapis.com/trail") -> Verdict:
    route = (PROJECT_SINK, {"destination": destination, "filter": ""})
    return verdict(LOCKED, stack((BUCKET, {"name": "trail", "retentionPolicy": policy}), route))


def test_a_bucket_in_cloud_storage_is_judged_where_a_sink_leads_to_it() -> None:
    assert stored({"retentionPeriod": str(2190 * 86400), "isLocked": True}) is Verdict.PASSED
    assert stored({"retentionPeriod": str(2190 * 86400)}) is Verdict.FAILED
    assert stored({"retentionPeriod": "3600", "isLocked": True}) is Verdict.FAILED
    assert stored({"retentionPeriod": "long", "isLocked": True}) is Verdict.FAILED
    assert stored(None) is Verdict.FAILED
    assert stored(None, "storage.googleapis.com/other") is Verdict.NOT_APPLICABLE
    assert stored(None, UNKNOWN) is Verdict.UNPROVEN


def test_a_stack_that_keeps_a_trail_has_a_bucket() -> None:
    for kind in ("organization", "foundation", "cell"):
        assert of_stack(LOCKED, kind=kind) is Verdict.FAILED
        assert of_stack(LOCKED, (LOG_BUCKET, {}), kind=kind) is Verdict.NOT_APPLICABLE
    assert of_stack(LOCKED, kind="tenant") is Verdict.NOT_APPLICABLE
    assert of_stack(LOCKED) is Verdict.UNPROVEN


def test_decommission_lifts_the_lock_openly() -> None:
    settings = {**SETTINGS, "decommission": "true"}
    case = Case((Given(ROOT, {}, "stack"), Given(LOG_BUCKET, {"locked": False})), settings)
    assert {found.verdict for found in findings(LOCKED, case)} == {Verdict.NOT_APPLICABLE}


@pytest.mark.parametrize("days", [float("nan"), float("inf"), float("-inf"), True, "2190", None])
def test_days_that_are_no_number_of_days_fail(days: Any) -> None:
    assert verdict("audit-bucket-locked", {"retentionDays": days, "locked": True}) is Verdict.FAILED
