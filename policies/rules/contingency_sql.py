"""Databases come back: backups, any moment between them, another zone, another region."""

from __future__ import annotations

from collections.abc import Iterator
from math import inf
from typing import Any

from policies.context import jurisdictions
from policies.resource import Resource, UnknownValue
from policies.rule import Case, Given, NotApplicable, Problem, rule
from policies.rules.boundary import SQL
from policies.rules.controls import CONTINGENCY, with_cis
from policies.rules.once import once_per_stack
from policies.rules.read import text
from policies.rules.sites import elsewhere
from policies.stack import Stack

_BACKUP = "settings.backupConfiguration"
_REPLICAS = ("READ_REPLICA_INSTANCE", "READ_POOL_INSTANCE")


def _is_replica(instance: Resource) -> bool:
    # While a preview does not know the primary's name yet, the type already says it.
    return instance.at("instanceType") in _REPLICAS or bool(instance.at("masterInstanceName"))


def _require_primary(instance: Resource) -> None:
    if _is_replica(instance):
        raise NotApplicable(
            "a replica follows its primary, which is judged; once promoted, it is judged itself"
        )


def _backups(**given: Any) -> dict[str, Any]:
    return {"settings": {"backupConfiguration": given}}


@rule(
    id="sql-backups",
    number=68,
    title="Cloud SQL instances are backed up every day",
    remedy="Set settings.backupConfiguration.enabled to true.",
    severity="critical",
    types=(SQL,),
    controls=with_cis(CONTINGENCY, "6.7"),
    fails=_backups(enabled=False),
    passes=_backups(enabled=True),
)
def sql_backups(resource: Resource, stack: Stack) -> Iterator[Problem]:
    _require_primary(resource)
    if resource.at(f"{_BACKUP}.enabled") is not True:
        yield Problem(f"{_BACKUP}.enabled", resource.at(f"{_BACKUP}.enabled"))


@rule(
    id="sql-point-in-time-recovery",
    number=69,
    title="Cloud SQL instances can be restored to any moment between two backups",
    remedy="Set settings.backupConfiguration.pointInTimeRecoveryEnabled to true (MySQL: binaryLogEnabled).",
    severity="high",
    types=(SQL,),
    controls=CONTINGENCY,
    fails=_backups(pointInTimeRecoveryEnabled=False),
    passes=_backups(pointInTimeRecoveryEnabled=True),
)
def sql_point_in_time_recovery(resource: Resource, stack: Stack) -> Iterator[Problem]:
    _require_primary(resource)
    mysql = str(resource.at("databaseVersion")).startswith("MYSQL")
    path = f"{_BACKUP}.{'binaryLogEnabled' if mysql else 'pointInTimeRecoveryEnabled'}"
    if resource.at(path) is not True:
        yield Problem(path, resource.at(path))


@rule(
    id="sql-regional",
    number=70,
    title="Cloud SQL instances survive the loss of a zone",
    remedy="Set settings.availabilityType to REGIONAL.",
    severity="high",
    types=(SQL,),
    controls=CONTINGENCY,
    fails={"settings": {"availabilityType": "ZONAL"}},
    passes={"settings": {"availabilityType": "REGIONAL"}},
)
def sql_regional(resource: Resource, stack: Stack) -> Iterator[Problem]:
    _require_primary(resource)
    if resource.at("settings.availabilityType") != "REGIONAL":
        yield Problem("settings.availabilityType", resource.at("settings.availabilityType"))


@once_per_stack
def _copies(stack: Stack) -> dict[str, list[Resource]]:
    """The replicas in this stack, by the URN of their primary."""
    found: dict[str, list[Resource]] = {}
    for each in stack.of(SQL):
        primary = stack.referred(each, "masterInstanceName", SQL)
        if primary is not None:
            found.setdefault(primary.urn, []).append(each)
    return found


def _regions(stack: Stack) -> list[str]:
    if stack.context.locations is None:
        raise UnknownValue("", "the stack names no jurisdiction, so that its regions are not known")
    return [each for each in stack.context.locations if "-" in each]


def _case(region: str) -> Case:
    primary = {"name": "ehr", "region": "europe-west3"}
    replica = {"masterInstanceName": "ehr", "region": region}
    settings = {"jurisdiction": "eu", "profile": "saas", "kind": "tenant"}
    return Case((Given(SQL, primary), Given(SQL, replica, "replica")), settings)


@rule(
    id="sql-cross-region-replica",
    number=71,
    title="Cloud SQL instances have a replica in another region of the jurisdiction",
    remedy="Add a DatabaseInstance with masterInstanceName in another region: give the tenant a second site.",
    severity="high",
    types=(SQL,),
    controls=CONTINGENCY,
    fails=_case("europe-west3"),
    passes=_case("europe-west4"),
    whole=True,
)
def sql_cross_region_replica(resource: Resource, stack: Stack) -> Iterator[Problem]:
    _require_primary(resource)
    if len(_regions(stack)) < 2:
        raise NotApplicable(
            "the jurisdiction has one region: backups there are the alternative, and documented"
        )
    own = text(resource, "region")
    regions = [text(each, "region") for each in _copies(stack).get(resource.urn, ())]
    if regions and not own:
        raise UnknownValue("region")
    if any(region and region != own for region in regions):
        return
    # A designated replica for disaster recovery lies in another region, or Google refuses it.
    if resource.at("replicationCluster.failoverDrReplicaName"):
        return
    if resource.at("replicaNames") and not regions:
        _require_second_site(stack, own)
        return
    _require_one_site(stack)
    elsewhere(stack, "a replica in another region")
    yield Problem("a replica in another region", None)


def _sites(stack: Stack) -> list[str]:
    """The regions of the stack's sites, as its outputs name them."""
    places = stack.context.settings.get("locations")
    return [each for each in places if isinstance(each, str)] if isinstance(places, (list, tuple)) else []


def _require_second_site(stack: Stack, own: str) -> None:
    """Google names replicas, and the outputs say where they are: at the second site, whose stack has them."""
    if not own or not any(each != own and each in _regions(stack) for each in _sites(stack)):
        raise UnknownValue("replicaNames", "the replicas are in another stack, and so is where they lie")


def _require_one_site(stack: Stack) -> None:
    """Recovery lives in the stack of a second site, which this one may know of."""
    settings = stack.context.settings
    paired = str(settings.get("recoverable", "")).lower() == "true"
    if paired or settings.get("recoversFrom") or settings.get("pairedCell") or len(_sites(stack)) > 1:
        raise UnknownValue(
            "replicaNames",
            "the second site's replica is in that site's stack; `pulumi refresh` shows here that it exists",
        )


_LEAST = 7


@rule(
    id="sql-backups-retained",
    number=73,
    title="Cloud SQL keeps as many backups as the jurisdiction asks for, seven at least",
    remedy="Set settings.backupConfiguration.backupRetentionSettings.retainedBackups to 7, or to the "
    "jurisdiction's minimum.",
    severity="medium",
    types=(SQL,),
    controls=CONTINGENCY,
    fails=_backups(backupRetentionSettings={"retainedBackups": 6}),
    passes=_backups(backupRetentionSettings={"retainedBackups": 7}),
)
def sql_backups_retained(resource: Resource, stack: Stack) -> Iterator[Problem]:
    _require_primary(resource)
    path = f"{_BACKUP}.backupRetentionSettings.retainedBackups"
    given = resource.at(path)
    kept = 7 if given is None else given  # Cloud SQL's default
    asked = jurisdictions().get(stack.context.jurisdiction, {}).get("minimum", {})
    least = max(_LEAST, asked.get("retained_backups", _LEAST))
    if isinstance(kept, bool) or not isinstance(kept, (int, float)) or not least <= kept < inf:
        yield Problem(path, given)
