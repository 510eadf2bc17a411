"""Access, who acts: each workload as itself, without keys, and each tenant apart from the others."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any, NamedTuple

from policies.resource import Resource, UnknownValue
from policies.rule import Case, Given, NotApplicable, Problem, rule
from policies.rules import iam
from policies.rules.controls import ACCESS, also
from policies.rules.once import once_per_stack
from policies.rules.read import plain, text
from policies.stack import ROOT, Stack

RUN_SERVICE = "gcp:cloudrunv2/service:Service"
RUN_JOB = "gcp:cloudrunv2/job:Job"
RUN_WORKERS = "gcp:cloudrunv2/workerPool:WorkerPool"
ACCOUNT = "gcp:serviceaccount/account:Account"
_EVERYBODY = frozenset({"allUsers", "allAuthenticatedUsers"})
_INVOKERS = (
    *iam.iam_types("cloudrunv2", "Service"),
    *iam.iam_types("cloudrunv2", "Job"),
    *iam.iam_types("cloudrun"),
    *iam.iam_types("cloudfunctionsv2", "Function"),
    *iam.iam_types("cloudfunctions", "Function"),
)


@rule(
    id="invoker-not-public",
    number=28,
    title="Cloud Run services, jobs and functions are invoked by named identities alone",
    remedy="Set invokerIamDisabled to false, and member or members of the invokers to named identities.",
    severity="critical",
    types=(RUN_SERVICE, *_INVOKERS),
    controls=ACCESS,
    fails={"invokerIamDisabled": True},
    passes={"invokerIamDisabled": False},
)
def invoker_not_public(resource: Resource, stack: Stack) -> Iterator[Problem]:
    if resource.type == RUN_SERVICE:
        # Absent is fine: Google checks the invoker unless it is told not to.
        if resource.at("invokerIamDisabled") not in (None, False):
            yield Problem("invokerIamDisabled", resource.at("invokerIamDisabled"))
        return
    named = list(iam.members(resource))
    if not named:
        raise NotApplicable("it lets nobody invoke anything")
    for path, who in named:
        if plain(who, path) in _EVERYBODY or not plain(who, path):
            yield Problem(path, plain(who, path) or None)


_ACCOUNTS: Mapping[str, str] = {
    RUN_SERVICE: "template.serviceAccount",
    RUN_JOB: "template.template.serviceAccount",
    RUN_WORKERS: "template.serviceAccount",
    "gcp:cloudrun/service:Service": "template.spec.serviceAccountName",
    "gcp:cloudfunctionsv2/function:Function": "serviceConfig.serviceAccountEmail",
    "gcp:cloudfunctions/function:Function": "serviceAccountEmail",
}
_MACHINES = (
    "gcp:compute/instance:Instance",
    "gcp:compute/instanceTemplate:InstanceTemplate",
    "gcp:compute/regionInstanceTemplate:RegionInstanceTemplate",
)
_OWN = "tenant-riverside@p.iam.gserviceaccount.com"


@rule(
    id="own-service-account",
    number=29,
    title="Workloads run as a service account of their own, not as the project's default one",
    remedy="Set template.serviceAccount (serviceAccount.email of an instance) to an account made for it.",
    severity="high",
    types=(*_ACCOUNTS, *_MACHINES),
    controls=ACCESS,
    fails={"template": {"encryptionKey": "projects/p/locations/l/keyRings/r/cryptoKeys/k"}},
    passes={"template": {"serviceAccount": _OWN}},
)
def own_service_account(resource: Resource, stack: Stack) -> Iterator[Problem]:
    path = _ACCOUNTS.get(resource.type, "serviceAccount.email")
    if resource.type in _MACHINES and resource.at("serviceAccount") is None:
        raise NotApplicable("the machine has no service account")
    # Absent is a failure: Google then takes Compute Engine's default account.
    email = text(resource, path).rsplit("/", 1)[-1]
    if not email.endswith(".iam.gserviceaccount.com"):
        yield Problem(path, resource.at(path))


_KEY = "gcp:serviceaccount/key:Key"
_HMAC = "gcp:storage/hmacKey:HmacKey"
_ON: Mapping[str, str] = {_KEY: "serviceAccountId", _HMAC: "serviceAccountEmail"}
_NAME = f"projects/p/serviceAccounts/{_OWN}"
_INACTIVE = {"serviceAccountEmail": _OWN, "state": "INACTIVE"}


class _Keyed(NamedTuple):
    """The URNs of the accounts that have a key; `unknown` where a key's account could not be read."""

    accounts: frozenset[str]
    unknown: UnknownValue | None


@once_per_stack
def _keyed(stack: Stack) -> _Keyed:
    found: set[str] = set()
    unknown: UnknownValue | None = None
    for key in stack.of(*_ON):
        try:
            account = stack.referred(key, _ON[key.type], ACCOUNT) if _active(key) else None
        except UnknownValue as reason:
            unknown = reason
        else:
            found.update({account.urn} if account else ())
    return _Keyed(frozenset(found), unknown)


def _active(key: Resource) -> bool:
    return key.type == _KEY or key.at("state") != "INACTIVE"


@rule(
    id="no-service-account-keys",
    number=30,
    title="Service accounts have no keys that somebody could carry away",
    remedy="Delete the Key or HmacKey that names it in serviceAccountId; use impersonation or federation.",
    severity="high",
    types=(ACCOUNT, _KEY, _HMAC),
    controls=also(ACCESS, cis=("1.4",)),
    fails=Case((Given(ACCOUNT, {"name": _NAME}), Given(_KEY, {"serviceAccountId": _NAME}, "key"))),
    passes=Case((Given(ACCOUNT, {"email": _OWN}), Given(_HMAC, _INACTIVE, "key"))),
    whole=True,
)
def no_service_account_keys(resource: Resource, stack: Stack) -> Iterator[Problem]:
    if resource.type != ACCOUNT:
        if not _active(resource):
            raise NotApplicable("the key is inactive")
        path = _ON[resource.type]
        yield Problem(path, resource.at(path))
        return
    keyed = _keyed(stack)
    if resource.urn in keyed.accounts:
        yield Problem("name", "an account with a key")
    elif keyed.unknown is not None:
        raise keyed.unknown


# What a condition can speak of: https://cloud.google.com/iam/docs/workload-identity-federation#conditions
_ASSERTED = ("assertion.", "attribute.", "google.")


@rule(
    id="federation-condition",
    number=31,
    title="Workload identity federation admits only tokens that a condition describes",
    remedy="Set attributeCondition to an expression over assertion, attribute or google.",
    severity="critical",
    types=("gcp:iam/workloadIdentityPoolProvider:WorkloadIdentityPoolProvider",),
    controls=ACCESS,
    fails={"attributeMapping": {"google.subject": "assertion.sub"}},
    passes={"attributeCondition": "assertion.ref == 'refs/heads/main'"},
)
def federation_condition(resource: Resource, stack: Stack) -> Iterator[Problem]:
    if resource.at("disabled") is True:
        raise NotApplicable("the provider is disabled and admits no token")
    condition = text(resource, "attributeCondition")
    if not any(word in condition for word in _ASSERTED):
        yield Problem("attributeCondition", resource.at("attributeCondition"))


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
    path = _ACCOUNTS[workload.type]
    account = stack.referred(workload, path, ACCOUNT)
    return account.urn if account else text(workload, path)


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
    account, path = _acts_as(resource, stack), _ACCOUNTS[resource.type]
    if alone and not _of_this_stack(account, stack):
        yield Problem(path, account or None)
    sharing = _sharing(stack)
    others = sharing.tenants.get(account, set()) - {tenant}
    if others and tenant:
        yield Problem(path, f"an account that also runs workloads of {', '.join(sorted(others))}")
    elif sharing.unknown is not None:
        raise sharing.unknown


def _of_this_stack(account: str, stack: Stack) -> bool:
    """A second site runs as the account that the tenant's first site made, which the outputs name."""
    own: set[Any] = {each.urn for each in stack.of(ACCOUNT)}
    own.update(root.at("serviceAccount") for root in stack.of(ROOT))
    own.discard(None)
    if not own:
        raise UnknownValue("", "the tenant's service account is in another stack")
    return account in own
