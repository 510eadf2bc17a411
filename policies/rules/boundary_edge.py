"""The edge: before every backend that the internet reaches stands a security policy that enforces."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from policies.resource import Properties, Resource, UnknownValue
from policies.rule import Case, Given, NotApplicable, Problem, rule
from policies.rules.controls import BOUNDARY
from policies.rules.once import once_per_stack
from policies.rules.read import entries
from policies.stack import Stack

BACKEND = "gcp:compute/backendService:BackendService"
REGION_BACKEND = "gcp:compute/regionBackendService:RegionBackendService"
POLICY = "gcp:compute/securityPolicy:SecurityPolicy"
REGION_POLICY = "gcp:compute/regionSecurityPolicy:RegionSecurityPolicy"
_RULES = (
    "gcp:compute/securityPolicyRule:SecurityPolicyRule",
    "gcp:compute/regionSecurityPolicyRule:RegionSecurityPolicyRule",
)
_REFUSALS = ("deny", "throttle", "rate_based_ban", "redirect")
_ID = "projects/p/global/securityPolicies/edge"


def _require_exposed(backend: Resource) -> None:
    default = "EXTERNAL" if backend.type == BACKEND else "INTERNAL"
    scheme = backend.at("loadBalancingScheme") or default
    if scheme not in ("EXTERNAL", "EXTERNAL_MANAGED"):
        raise NotApplicable(f"a backend of scheme {scheme} is not reached from the internet")
    if backend.type == REGION_BACKEND and scheme == "EXTERNAL":
        raise NotApplicable("a network load balancer passes packets through; firewall rules guard it (47)")


@once_per_stack
def _separate(stack: Stack) -> dict[str, list[Resource]]:
    """Rules that are resources of their own, by the URN of their policy."""
    found: dict[str, list[Resource]] = {}
    for each in stack.of(*_RULES):
        policy = stack.referred(each, "securityPolicy", POLICY, REGION_POLICY)
        if policy is not None:
            found.setdefault(policy.urn, []).append(each)
    return found


def _rules(policy: Resource, stack: Stack) -> list[tuple[str, Properties]]:
    inline = [(f"{policy.name}.{path}", each) for path, each in entries(policy, "rules")]
    return [*inline, *((each.name, each.properties) for each in _separate(stack).get(policy.urn, ()))]


def _refuses(given: Properties) -> bool:
    return str(given.get("action") or "").startswith(_REFUSALS)


def _case(**given: Any) -> Case:
    backend = Given(BACKEND, {"securityPolicy": _ID})
    return Case((backend, Given(POLICY, {"id": _ID, "rules": [given]}, "edge")))


@rule(
    id="backend-armor",
    number=48,
    title="A security policy whose rules enforce stands before every backend that the internet reaches",
    remedy="Set securityPolicy of the backend service, and preview of every rule of the policy to false.",
    severity="high",
    types=(BACKEND, REGION_BACKEND),
    controls=BOUNDARY,
    fails=_case(action="deny(403)", preview=True),
    passes=_case(action="deny(403)", preview=False),
    whole=True,
)
def backend_armor(resource: Resource, stack: Stack) -> Iterator[Problem]:
    _require_exposed(resource)
    policy = stack.referred(resource, "securityPolicy", POLICY, REGION_POLICY)
    if policy is None:
        if resource.at("securityPolicy"):
            raise UnknownValue("securityPolicy", "the security policy is in another stack")
        yield Problem("securityPolicy", None)
        return
    enforces = False
    for path, each in _rules(policy, stack):
        if each.get("preview") not in (None, False):
            yield Problem(f"{path}.preview", each.get("preview"))
        else:
            enforces = enforces or _refuses(each)
    if not enforces:
        yield Problem(f"{policy.name}: a rule that refuses", None)
