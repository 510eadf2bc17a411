"""Access, who acts: each workload as itself, without keys, and for nobody unnamed."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import NamedTuple

from policies.resource import Resource, UnknownValue
from policies.rule import Case, Given, NotApplicable, Problem, rule
from policies.rules import iam
from policies.rules.controls import ACCESS, also
from policies.rules.once import once_per_stack
from policies.rules.read import plain, text
from policies.stack import Stack

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
            _refuse_balanced(resource)
            yield Problem("invokerIamDisabled", resource.at("invokerIamDisabled"))
        return
    named = list(iam.members(resource))
    if not named:
        raise NotApplicable("it lets nobody invoke anything")
    for path, who in named:
        if plain(who, path) in _EVERYBODY or not plain(who, path):
            yield Problem(path, plain(who, path) or None)


def _refuse_balanced(service: Resource) -> None:
    """An external load balancer carries no Google identity to a service: the service tells its callers apart.

    https://cloud.google.com/load-balancing/docs/https/setup-global-ext-https-serverless
    """
    if service.at("ingress") == "INGRESS_TRAFFIC_INTERNAL_LOAD_BALANCER":
        raise NotApplicable(
            "only the load balancer reaches it, which carries no identity of a caller to Cloud Run; "
            "checks 22 and 48 judge what stands before it"
        )


ACCOUNTS: Mapping[str, str] = {
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
    types=(*ACCOUNTS, *_MACHINES),
    controls=ACCESS,
    fails={"template": {"encryptionKey": "projects/p/locations/l/keyRings/r/cryptoKeys/k"}},
    passes={"template": {"serviceAccount": _OWN}},
)
def own_service_account(resource: Resource, stack: Stack) -> Iterator[Problem]:
    path = ACCOUNTS.get(resource.type, "serviceAccount.email")
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
