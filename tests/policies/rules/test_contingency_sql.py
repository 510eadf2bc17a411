"""Databases: replicas are no primaries, and where there is one region there is no other."""

from __future__ import annotations

from typing import Any

import pytest

from policies.resource import UNKNOWN
from policies.result import Verdict
from policies.rule import RULES
from policies.rules.boundary import SQL
from tests.policies.judged import findings, stack, verdict

REPLICATED = "sql-cross-region-replica"
OF_PRIMARIES = [
    "sql-backups",
    "sql-point-in-time-recovery",
    "sql-regional",
    "sql-cross-region-replica",
    "sql-backups-retained",
]


@pytest.mark.parametrize("rule", OF_PRIMARIES)
def test_replicas_are_not_judged_until_they_are_promoted(rule: str) -> None:
    assert verdict(rule, {"masterInstanceName": "ehr"}) is Verdict.NOT_APPLICABLE
    replica = {"instanceType": "READ_REPLICA_INSTANCE", "masterInstanceName": UNKNOWN}
    assert verdict(rule, replica) is Verdict.NOT_APPLICABLE
    assert verdict(rule, {"masterInstanceName": UNKNOWN}) is Verdict.UNPROVEN
    promoted = dict(RULES[rule].fails.resources[0].properties) | {"instanceType": "CLOUD_SQL_INSTANCE"}
    assert verdict(rule, promoted, kind="tenant") is Verdict.FAILED


@pytest.mark.parametrize("odd", [None, {}, "on", {"enabled": "true"}, {"pointInTimeRecoveryEnabled": 1}])
@pytest.mark.parametrize("rule", ["sql-backups", "sql-point-in-time-recovery"])
def test_nothing_is_backed_up_by_default(rule: str, odd: object) -> None:
    assert verdict(rule, {"settings": {"backupConfiguration": odd}}) is Verdict.FAILED


def test_mysql_recovers_by_its_binary_log() -> None:
    rule = "sql-point-in-time-recovery"

    def given(**flags: bool) -> dict[str, Any]:
        return {"databaseVersion": "MYSQL_8_4", "settings": {"backupConfiguration": flags}}

    assert verdict(rule, given(binaryLogEnabled=True)) is Verdict.PASSED
    assert verdict(rule, given(pointInTimeRecoveryEnabled=True)) is Verdict.FAILED


def test_one_zone_is_google_s_default() -> None:
    assert verdict("sql-regional", {"settings": {}}) is Verdict.FAILED


PRIMARY = {"id": "ehr", "name": "ehr", "region": "europe-west3"}


def replicated(*replicas: dict[str, Any], primary: dict[str, Any] = PRIMARY, **settings: Any) -> Verdict:
    given = [{"masterInstanceName": "ehr", **each} for each in replicas]
    context = {"kind": "tenant", **settings}
    return findings(REPLICATED, stack((SQL, primary), *((SQL, each) for each in given), **context))[0].verdict


def test_a_replica_beside_the_primary_is_no_recovery() -> None:
    assert replicated() is Verdict.FAILED
    assert replicated({"region": "europe-west3"}) is Verdict.FAILED
    assert replicated({"region": "europe-west3"}, {"region": "europe-west4"}) is Verdict.PASSED
    assert replicated({}) is Verdict.FAILED
    assert replicated({"region": UNKNOWN}) is Verdict.UNPROVEN
    assert replicated({"region": "europe-west4"}, primary={"name": "ehr"}) is Verdict.UNPROVEN


def test_where_the_jurisdiction_has_one_region_there_is_no_other() -> None:
    found = findings(REPLICATED, stack((SQL, PRIMARY), kind="tenant", jurisdiction="ch"))[0]
    assert found.verdict is Verdict.NOT_APPLICABLE
    assert "alternative" in found.message
    assert replicated(jurisdiction="") is Verdict.UNPROVEN


@pytest.mark.parametrize(
    "settings",
    [
        {"kind": None},
        {"kind": "cell", "pairedCell": "us-cell"},
        {"kind": "cell", "locations": ["europe-west3", "europe-west4"]},
        {"recoverable": "true"},
        {"recoverable": True},
        {"recoversFrom": "us-tenant-riverside"},
        {"locations": ["europe-west3", "europe-west4"]},
    ],
)
def test_a_second_site_s_replica_is_in_its_own_stack(settings: dict[str, Any]) -> None:
    assert replicated(**settings) is Verdict.UNPROVEN
    assert replicated({"region": "europe-west4"}, **settings) is Verdict.PASSED


@pytest.mark.parametrize("locations", [["europe-west3"], "europe-west3", None, 7])
@pytest.mark.parametrize("kind", ["cell", "tenant"])
def test_one_site_has_no_replica_elsewhere(locations: object, kind: str) -> None:
    assert replicated(locations=locations, kind=kind) is Verdict.FAILED


def test_what_google_knows_of_replicas_counts() -> None:
    designated = {**PRIMARY, "replicationCluster": {"failoverDrReplicaName": "ehr-2"}}
    assert replicated(primary=designated) is Verdict.PASSED
    assert replicated(primary={**PRIMARY, "replicaNames": ["ehr-2"]}) is Verdict.UNPROVEN


@pytest.mark.parametrize(
    ("places", "proved"),
    [
        (["europe-west3", "europe-west4"], True),
        (["europe-west3"], False),
        (["europe-west3", "us-east4"], False),
        (["europe-west3", "europe"], False),
        (["europe-west3", 7], False),
        ("europe-west4", False),
    ],
)
def test_a_replica_that_google_names_is_at_the_site_that_the_outputs_name(
    places: object, proved: bool
) -> None:
    named = {**PRIMARY, "replicaNames": ["ehr-2"]}
    wanted = Verdict.PASSED if proved else Verdict.UNPROVEN
    assert replicated(primary=named, locations=places) is wanted
    nameless = {"name": "ehr", "replicaNames": ["ehr-2"]}
    assert replicated(primary=nameless, locations=places) is Verdict.UNPROVEN
    assert replicated({"region": "europe-west3"}, primary=named, locations=places) is not Verdict.PASSED


def kept(count: object) -> dict[str, Any]:
    return {"settings": {"backupConfiguration": {"backupRetentionSettings": {"retainedBackups": count}}}}


def test_a_jurisdiction_may_ask_for_more_backups() -> None:
    rule = "sql-backups-retained"
    assert verdict(rule, kept(13), jurisdiction="de") is Verdict.FAILED
    assert verdict(rule, kept(14), jurisdiction="de") is Verdict.PASSED
    assert verdict(rule, {}, jurisdiction="de") is Verdict.FAILED, "Cloud SQL keeps seven by default"
    assert verdict(rule, {}) is Verdict.PASSED
    assert verdict(rule, kept(7), jurisdiction="") is Verdict.PASSED


@pytest.mark.parametrize("count", ["7", True, {}, -1])
def test_a_count_of_an_odd_form_is_not_passed(count: object) -> None:
    assert verdict("sql-backups-retained", kept(count)) is Verdict.FAILED
