"""The audit trail: every service writes it, nobody is exempt, and it ends where nobody can shorten it."""

from __future__ import annotations

import math
from collections.abc import Iterator
from typing import Any

from policies.resource import Resource, UnknownValue
from policies.rule import NotApplicable, Problem, rule
from policies.rules.audit_filters import AUDIT_LOGS, takes_audit
from policies.rules.boundary import PROJECT
from policies.rules.controls import AUDIT, also, with_cis
from policies.rules.once import once_per_stack
from policies.rules.read import entries, text, values
from policies.rules.sites import elsewhere, require_kind
from policies.stack import ROOT, Stack

PROJECT_CONFIG = "gcp:projects/iAMAuditConfig:IAMAuditConfig"
FOLDER_CONFIG = "gcp:folder/iamAuditConfig:IamAuditConfig"
ORGANIZATION_CONFIG = "gcp:organizations/iamAuditConfig:IamAuditConfig"
_CONFIGS = (PROJECT_CONFIG, FOLDER_CONFIG, ORGANIZATION_CONFIG)
_READS_AND_WRITES = ("DATA_READ", "DATA_WRITE")
_EVERYTHING = ("ADMIN_READ", *_READS_AND_WRITES)
_HEALTHCARE = "healthcare.googleapis.com"
ALL = "allServices"


def _exempted(config: Resource, wanted: tuple[str, ...]) -> Iterator[Problem]:
    for path, each in entries(config, "auditLogConfigs"):
        members = [member for _, member in values(each, "exemptedMembers")]
        if members and text(each, "logType") in wanted:
            yield Problem(f"{path}.exemptedMembers", members)


def _unlogged(config: Resource, wanted: tuple[str, ...]) -> Iterator[Problem]:
    logged = {text(each, "logType") for _, each in entries(config, "auditLogConfigs")}
    for kind in wanted:
        if kind not in logged:
            yield Problem(f"auditLogConfigs of logType {kind}", None)


def _missing(stack: Stack, services: tuple[str, ...]) -> Iterator[Problem]:
    """Where the organisation, or a project of a cell, has no configuration for any of these services."""
    require_kind(stack, "audit configurations are made", "organization", "cell")
    covering = [config for config in stack.of(*_CONFIGS) if config.at("service") in services]
    what = f"an audit configuration for {' or '.join(services)}"
    if not covering:
        elsewhere(stack, what)
        yield Problem(what, None)
        return
    if stack.context.kind == "cell":
        covered = {text(config, "project") for config in covering}
        for project in stack.of(PROJECT):
            if text(project, "projectId") not in covered:
                yield Problem(f"{what} of project {text(project, 'projectId')}", None)


def _logs(*kinds: str) -> dict[str, Any]:
    return {"service": ALL, "auditLogConfigs": [{"logType": kind} for kind in kinds]}


@rule(
    id="audit-every-service",
    number=56,
    title="Every service logs what is read and written, whoever does it",
    remedy="Add an IAMAuditConfig for allServices with logType ADMIN_READ, DATA_READ and DATA_WRITE and no "
    "exemptedMembers.",
    severity="high",
    types=(*_CONFIGS, ROOT),
    controls=with_cis(AUDIT, "2.1"),
    fails=_logs("ADMIN_READ", "DATA_WRITE"),
    passes=_logs(*_EVERYTHING),
    whole=True,
)
def audit_every_service(resource: Resource, stack: Stack) -> Iterator[Problem]:
    if resource.type == ROOT:
        yield from _missing(stack, (ALL,))
        return
    exempted = list(_exempted(resource, _EVERYTHING))
    yield from exempted
    if resource.at("service") == ALL:
        yield from _unlogged(resource, _EVERYTHING)
    elif not exempted:
        raise NotApplicable("this is about one service; the configuration for allServices is judged")


@rule(
    id="audit-healthcare-data",
    number=57,
    title="Every read and every write of the Healthcare API is logged",
    remedy="Add auditLogConfigs of logType DATA_READ and DATA_WRITE, without exemptedMembers, for "
    "allServices or healthcare.googleapis.com.",
    severity="critical",
    types=(*_CONFIGS, ROOT),
    controls=AUDIT,
    fails=_logs("DATA_WRITE"),
    passes=_logs(*_READS_AND_WRITES),
    whole=True,
)
def audit_healthcare_data(resource: Resource, stack: Stack) -> Iterator[Problem]:
    if resource.type == ROOT:
        if stack.context.demands.get("fhir") == "runtime":
            raise NotApplicable(f"profile {stack.context.profile} uses no Healthcare API")
        yield from _missing(stack, (ALL, _HEALTHCARE))
        return
    if resource.at("service") not in (ALL, _HEALTHCARE):
        raise NotApplicable("this is about another service")
    yield from _exempted(resource, _READS_AND_WRITES)
    yield from _unlogged(resource, _READS_AND_WRITES)


ORGANIZATION_SINK = "gcp:logging/organizationSink:OrganizationSink"
FOLDER_SINK = "gcp:logging/folderSink:FolderSink"
PROJECT_SINK = "gcp:logging/projectSink:ProjectSink"
_AGGREGATED = (ORGANIZATION_SINK, FOLDER_SINK)
_FILTER = " OR ".join(f'log_id("{log}")' for log in AUDIT_LOGS)


def _faults(sink: Resource) -> Iterator[Problem]:
    """What keeps a sink from carrying the whole trail of all that is below."""
    if sink.at("includeChildren") is not True:
        yield Problem("includeChildren", sink.at("includeChildren"))
    if sink.at("disabled") not in (None, False):
        yield Problem("disabled", sink.at("disabled"))
    for path, each in entries(sink, "exclusions"):
        yield Problem(path, each.get("filter"))
    if takes_audit(sink.at("filter")) is False:
        yield Problem("filter", sink.at("filter"))


@once_per_stack
def _carried(stack: Stack) -> frozenset[str]:
    """The types of aggregated sinks of which one carries the whole trail."""
    return frozenset(
        sink.type
        for sink in stack.of(*_AGGREGATED)
        if takes_audit(sink.at("filter")) is True and not any(_faults(sink))
    )


@rule(
    id="audit-aggregated-sink",
    number=58,
    title="A sink of the organisation, and of each jurisdiction's folder, carries the whole audit trail",
    remedy="Set includeChildren of the sink to true and its filter to every audit log, without exclusions.",
    severity="high",
    types=(*_AGGREGATED, ROOT),
    controls=with_cis(AUDIT, "2.2"),
    fails={"filter": "", "includeChildren": False},
    passes={"filter": _FILTER, "includeChildren": True},
    whole=True,
)
def audit_aggregated_sink(resource: Resource, stack: Stack) -> Iterator[Problem]:
    if resource.type == ROOT:
        yield from _no_sink(stack)
        return
    if takes_audit(resource.at("filter")) is None:
        raise NotApplicable("this sink carries no audit logs")
    faults = list(_faults(resource))
    if faults and resource.type in _carried(stack):
        raise NotApplicable("another sink carries the whole audit trail")
    yield from faults


def _no_sink(stack: Stack) -> Iterator[Problem]:
    require_kind(stack, "aggregated sinks are made", "organization", "foundation")
    wanted = {"organization": (ORGANIZATION_SINK,), "foundation": (FOLDER_SINK,)}
    sinks = stack.of(*wanted.get(stack.context.kind or "", _AGGREGATED))
    if any(takes_audit(sink.at("filter")) is not None for sink in sinks):
        raise NotApplicable("the sinks of this stack are judged by themselves")
    elsewhere(stack, "an aggregated sink")
    yield Problem("an aggregated sink that takes the audit logs", None)


LOG_BUCKET = "gcp:logging/projectBucketConfig:ProjectBucketConfig"
BUCKET = "gcp:storage/bucket:Bucket"
_SINKS = (*_AGGREGATED, PROJECT_SINK, "gcp:logging/billingAccountSink:BillingAccountSink")
_DAYS = 2190
"""Six years: 45 CFR 164.316(b)(2)(i)."""


@once_per_stack
def _destinations(stack: Stack) -> tuple[dict[str, bool], bool]:
    """By the URN of a bucket, whether a sink brings audit logs; and whether any destination is not known."""
    found: dict[str, bool] = {}
    unknown = False
    for sink in stack.of(*_SINKS):
        try:
            bucket = stack.referred(sink, "destination", LOG_BUCKET, BUCKET)
            audit = takes_audit(sink.at("filter")) is not None
        except UnknownValue:
            unknown = True
            continue
        if bucket is not None:
            found[bucket.urn] = found.get(bucket.urn, False) or audit
    return found, unknown


@rule(
    id="audit-bucket-locked",
    number=59,
    title="The audit trail is kept six years, in a bucket that nobody can empty or unlock",
    remedy="Set retentionDays of the log bucket to 2190 or more and locked to true (Cloud Storage: "
    "retentionPolicy.retentionPeriod and isLocked).",
    severity="critical",
    types=(LOG_BUCKET, BUCKET, ROOT),
    controls=also(AUDIT, hipaa=("164.316(b)(2)(i)",), cis=("2.3",)),
    fails={"retentionDays": 2190, "locked": False},
    passes={"retentionDays": 2190, "locked": True},
    whole=True,
)
def audit_bucket_locked(resource: Resource, stack: Stack) -> Iterator[Problem]:
    if stack.context.decommission:
        raise NotApplicable("the lock is judged until the decommission step of this stack")
    found, unknown = _destinations(stack)
    if resource.type == ROOT:
        yield from _no_bucket(stack, found)
        return
    carries = found.get(resource.urn)
    if resource.type == BUCKET:
        if not carries and unknown:
            raise UnknownValue("", "where a sink leads is not known yet")
        if not carries:
            raise NotApplicable("no sink brings the audit trail here")
        yield from _storage(resource)
        return
    if not carries and (carries is False or resource.at("bucketId") in ("_Default", "_Required")):
        raise NotApplicable("no sink brings the audit trail here")
    days = resource.at("retentionDays")
    if not _is_number(days) or days < _DAYS:
        yield Problem("retentionDays", days)
    if resource.at("locked") is not True:
        yield Problem("locked", resource.at("locked"))


def _storage(bucket: Resource) -> Iterator[Problem]:
    period, locked = "retentionPolicy.retentionPeriod", "retentionPolicy.isLocked"
    seconds = bucket.at(period)
    if not str(seconds).isdecimal() or int(str(seconds)) < _DAYS * 24 * 3600:
        yield Problem(period, seconds)
    if bucket.at(locked) is not True:
        yield Problem(locked, bucket.at(locked))


def _no_bucket(stack: Stack, found: dict[str, bool]) -> Iterator[Problem]:
    kind = stack.context.kind
    if kind == "tenant":
        raise NotApplicable("a tenant's audit trail is kept in its cell's bucket")
    if stack.of(LOG_BUCKET) or any(found.values()):
        raise NotApplicable("the buckets of this stack are judged by themselves")
    elsewhere(stack, "an audit bucket")
    yield Problem("an audit bucket", None)


def _is_number(value: Any) -> bool:
    return isinstance(value, (int, float)) and not isinstance(value, bool) and abs(value) < math.inf
