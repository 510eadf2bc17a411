"""Somebody hears of what changes the guards, and is asked before Google's staff look."""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import Any, NamedTuple

from policies.resource import Resource
from policies.rule import Case, Given, NotApplicable, Problem, rule
from policies.rules.controls import AUDIT, with_cis
from policies.rules.read import entries, text, values
from policies.rules.sites import elsewhere, require_kind
from policies.stack import ROOT, Stack

METRIC = "gcp:logging/metric:Metric"
ALERT = "gcp:monitoring/alertPolicy:AlertPolicy"
_METRIC_NAME = re.compile(r"logging\.googleapis\.com/user/([^\"'\s]+)")


class _Change(NamedTuple):
    """`cis` is the recommendation's number; `words` are in every filter that takes the change whole."""

    cis: str
    what: str
    words: tuple[str, ...]


CHANGES = (
    _Change("2.4", "project ownership", ("ProjectOwnership", "projectOwnerInvitee", "roles/owner")),
    _Change("2.5", "the audit configuration", ("SetIamPolicy", "auditConfigDeltas")),
    _Change("2.6", "custom roles", ("iam_role", "CreateRole", "DeleteRole", "UpdateRole")),
    _Change(
        "2.7",
        "firewall rules",
        ("gce_firewall_rule", "firewalls.patch", "firewalls.insert", "firewalls.delete"),
    ),
    _Change("2.8", "routes", ("gce_route", "routes.delete", "routes.insert")),
    _Change(
        "2.9",
        "networks",
        (
            "gce_network",
            "networks.insert",
            "networks.patch",
            "networks.delete",
            "networks.removePeering",
            "networks.addPeering",
        ),
    ),
    _Change("2.10", "permissions of buckets", ("gcs_bucket", "storage.setIamPermissions")),
    _Change("2.11", "SQL instances", ("cloudsql.instances.update",)),
)
"""CIS Google Cloud Platform Foundation Benchmark 2.4 to 2.11."""


class _Watched(NamedTuple):
    """A log filter, and whether an alert on it exists and reaches somebody."""

    filter: str
    alerts: bool
    reaches: bool


def _watched(stack: Stack) -> list[_Watched]:
    by_metric: dict[str, bool] = {}
    found: list[_Watched] = []
    for alert in stack.of(ALERT):
        if alert.at("enabled") is False:
            continue
        reaches = bool(values(alert, "notificationChannels"))
        for _, condition in entries(alert, "conditions"):
            if matched := text(condition, "conditionMatchedLog.filter"):
                found.append(_Watched(matched, True, reaches))
            for path in ("conditionThreshold.filter", "conditionMonitoringQueryLanguage.query"):
                for name in _METRIC_NAME.findall(text(condition, path)):
                    by_metric[name] = by_metric.get(name, False) or reaches
    for metric in stack.of(METRIC):
        if metric.at("disabled") is not True:
            name = text(metric, "name")
            found.append(_Watched(text(metric, "filter"), name in by_metric, by_metric.get(name, False)))
    return found


def _case(changes: tuple[_Change, ...]) -> Case:
    given = [Given(ROOT, {}, "stack")]
    for each in changes:
        name = f"change-{each.cis}"
        condition = {"conditionThreshold": {"filter": f'metric.type="logging.googleapis.com/user/{name}"'}}
        alert = {"conditions": [condition], "notificationChannels": ["projects/p/notificationChannels/1"]}
        given.append(Given(METRIC, {"name": name, "filter": " ".join(each.words)}, name))
        given.append(Given(ALERT, alert, name))
    return Case(tuple(given), {"jurisdiction": "eu", "profile": "saas", "kind": "cell"})


@rule(
    id="change-alerts",
    number=66,
    title="Each of the eight kinds of change to what guards the platform alerts somebody",
    remedy="For each, add a logging.Metric with the benchmark's filter and a monitoring.AlertPolicy on it "
    "with notificationChannels.",
    severity="medium",
    types=(ROOT,),
    controls=with_cis(AUDIT, *(each.cis for each in CHANGES)),
    fails=_case(CHANGES[1:]),
    passes=_case(CHANGES),
    whole=True,
)
def change_alerts(resource: Resource, stack: Stack) -> Iterator[Problem]:
    require_kind(stack, "changes are watched", "organization", "cell")
    found = _watched(stack)
    by_change = {each: [w for w in found if all(word in w.filter for word in each.words)] for each in CHANGES}
    if not any(by_change.values()):
        elsewhere(stack, "alerts on changes")
    for change, watched in by_change.items():
        what = f"CIS {change.cis}: "
        if not watched:
            yield Problem(f"{what}a metric of changes to {change.what}", None)
        elif not any(each.alerts for each in watched):
            yield Problem(f"{what}an alert on changes to {change.what}", None)
        elif not any(each.reaches for each in watched):
            yield Problem(f"{what}notificationChannels of the alert on changes to {change.what}", None)


ORGANIZATION_APPROVAL = "gcp:organizations/accessApprovalSettings:AccessApprovalSettings"
_APPROVALS = (
    ORGANIZATION_APPROVAL,
    "gcp:folder/accessApprovalSettings:AccessApprovalSettings",
    "gcp:projects/accessApprovalSettings:AccessApprovalSettings",
)


def _approval(product: str) -> dict[str, Any]:
    return {"enrolledServices": [{"cloudProduct": product}], "notificationEmails": ["security@example.org"]}


@rule(
    id="access-approval",
    number=67,
    title="Google's staff ask before they look at any product's data, and somebody hears them",
    remedy="Add organizations.AccessApprovalSettings with enrolledServices cloudProduct all and "
    "notificationEmails; Access Transparency, which it needs, is switched on in the console.",
    severity="medium",
    types=(*_APPROVALS, ROOT),
    controls=with_cis(AUDIT, "2.14", "2.15"),
    fails=_approval("storage.googleapis.com"),
    passes=_approval("all"),
    whole=True,
)
def access_approval(resource: Resource, stack: Stack) -> Iterator[Problem]:
    if resource.type == ROOT:
        yield from _no_approval(stack)
        return
    products = {text(each, "cloudProduct") for _, each in entries(resource, "enrolledServices")}
    if "all" not in products:
        yield Problem("enrolledServices", sorted(products))
    if not values(resource, "notificationEmails"):
        yield Problem("notificationEmails", None)


def _no_approval(stack: Stack) -> Iterator[Problem]:
    require_kind(stack, "Access Approval is settled", "organization")
    if stack.of(*_APPROVALS):
        raise NotApplicable("the settings of this stack are judged by themselves")
    elsewhere(stack, "settings of Access Approval")
    yield Problem("settings of Access Approval for the organisation", None)
