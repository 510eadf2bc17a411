"""Access, tenant by tenant: no identity of one reaches the data of another."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import NamedTuple

from policies.resource import Resource, UnknownValue
from policies.rule import Case, Given, NotApplicable, Problem, rule
from policies.rules.access_identity import ACCOUNT, ACCOUNTS, RUN_JOB, RUN_SERVICE, RUN_WORKERS
from policies.rules.controls import ACCESS
from policies.rules.once import once_per_stack
from policies.rules.read import text
from policies.stack import ROOT, Stack

_OWN = "tenant-riverside@p.iam.gserviceaccount.com"
_SERVING = (RUN_SERVICE, RUN_WORKERS)
_SERVES = (*_SERVING, RUN_JOB)


class _Sharing(NamedTuple):
    """By account, the tenants whose workloads run as it; `unknown` where a workload could not be read."""

    tenants: Mapping[str, set[str]]
    unknown: UnknownValue | None


@once_per_stack
def _sharing(stack: Stack) -> _Sharing:
    found: dict[str, set[str]] = {}
    unknown: UnknownValue | None = None
    for workload in stack.of(*_SERVES):
        try:
            if tenant := _tenant(workload):
                found.setdefault(_acts_as(workload, stack), set()).add(tenant)
        except UnknownValue as reason:
            unknown = reason
    return _Sharing(found, unknown)


def _tenant(workload: Resource) -> str:
    return text(workload, "labels.tenant")


def _acts_as(workload: Resource, stack: Stack) -> str:
    """The URN of the account of this stack that a workload runs as, or the e-mail of another."""
    path = ACCOUNTS[workload.type]
    account = stack.referred(workload, path, ACCOUNT)
    return account.urn if account else text(workload, path)


@once_per_stack
def _own(stack: Stack) -> frozenset[str]:
    """A second site runs as the account that the tenant's first site made, which the outputs name."""
    named = (text(root, "serviceAccount") for root in stack.of(ROOT))
    return frozenset((*(each.urn for each in stack.of(ACCOUNT)), *filter(None, named)))


@rule(
    id="identity-per-tenant",
    number=40,
    title="Each tenant's workloads run as that tenant's own service account",
    remedy="Set template.serviceAccount to the account of the tenant's own stack.",
    severity="critical",
    types=_SERVES,
    controls=ACCESS,
    fails=Case(
        (
            Given(RUN_SERVICE, {"template": {"serviceAccount": "shared@p.iam.gserviceaccount.com"}}),
            Given(ACCOUNT, {"email": _OWN}),
        ),
        {"kind": "tenant"},
    ),
    passes=Case(
        (Given(RUN_SERVICE, {"template": {"serviceAccount": _OWN}}), Given(ACCOUNT, {"email": _OWN})),
        {"kind": "tenant"},
    ),
    whole=True,
)
def identity_per_tenant(resource: Resource, stack: Stack) -> Iterator[Problem]:
    # A job may run as the cell's administrator of databases, who grants each tenant its own.
    alone = stack.context.kind == "tenant" and resource.type in _SERVING
    tenant = _tenant(resource)
    if not alone and not tenant:
        raise NotApplicable("it serves no tenant")
    account, path = _acts_as(resource, stack), ACCOUNTS[resource.type]
    if alone and account not in _own(stack):
        if not _own(stack):
            raise UnknownValue("", "the tenant's service account is in another stack")
        yield Problem(path, account or None)
    sharing = _sharing(stack)
    others = sharing.tenants.get(account, set()) - {tenant}
    if others and tenant:
        yield Problem(path, f"an account that also runs workloads of {', '.join(sorted(others))}")
    elif sharing.unknown is not None:
        raise sharing.unknown
