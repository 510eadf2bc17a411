"""Service perimeters: enforced, over all that holds patient data, and open to nobody unnamed."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from policies.resource import Properties, Resource, UnknownValue
from policies.rule import NotApplicable, Problem, rule
from policies.rules.controls import BOUNDARY
from policies.rules.perimeters import PERIMETER, PERIMETERS, additions, perimeters
from policies.rules.read import entries, values
from policies.stack import Stack

_KINDS = (PERIMETER, PERIMETERS)
REQUIRED = tuple(
    f"{name}.googleapis.com"
    for name in ("cloudkms", "healthcare", "pubsub", "run", "secretmanager", "sqladmin", "storage")
)


def _regular(resource: Resource) -> Iterator[tuple[str, Properties]]:
    """The perimeters of a resource, each with the prefix of its paths; bridges restrict nothing."""
    found = False
    for prefix, perimeter in perimeters(resource):
        if perimeter.get("perimeterType") != "PERIMETER_TYPE_BRIDGE":
            found = True
            yield prefix, perimeter
    if not found:
        raise NotApplicable("a bridge restricts nothing; its projects are in perimeters of their own")


def _effective(prefix: str, perimeter: Properties) -> tuple[str, Any]:
    """What is enforced, or while nothing is (check 50) what is rehearsed."""
    part = "status" if perimeter.get("status") is not None else "spec"
    return f"{prefix}{part}", perimeter.get(part)


@rule(
    id="perimeter-enforced",
    number=50,
    title="Service perimeters are enforced, around at least one project",
    remedy="Set status of the ServicePerimeter, with resources; waive this until a date while rehearsing.",
    severity="critical",
    types=_KINDS,
    controls=BOUNDARY,
    fails={"spec": {"resources": ["projects/1"]}, "useExplicitDryRunSpec": True},
    passes={"status": {"resources": ["projects/1"]}},
    whole=True,
)
def perimeter_enforced(resource: Resource, stack: Stack) -> Iterator[Problem]:
    for prefix, perimeter in _regular(resource):
        status = perimeter.get("status")
        if not isinstance(status, Properties):
            yield Problem(f"{prefix}status", status)
        elif not values(status, "resources") and not additions(stack, resource).enforced:
            yield Problem(f"{prefix}status.resources", None)


@rule(
    id="perimeter-restricted-services",
    number=51,
    title="Service perimeters restrict every service that holds patient data, runs on it or unlocks it",
    remedy=f"Add to status.restrictedServices of the ServicePerimeter: {', '.join(REQUIRED)}.",
    severity="critical",
    types=_KINDS,
    controls=BOUNDARY,
    fails={"status": {"restrictedServices": list(REQUIRED[1:])}},
    passes={"status": {"restrictedServices": list(REQUIRED)}},
)
def perimeter_restricted_services(resource: Resource, stack: Stack) -> Iterator[Problem]:
    for prefix, perimeter in _regular(resource):
        where, given = _effective(prefix, perimeter)
        found = _services(given, "restrictedServices")
        missing = [service for service in REQUIRED if service not in found]
        if missing:
            yield Problem(f"{where}.restrictedServices", f"without {', '.join(missing)}")


def _services(given: Any, path: str) -> list[Any]:
    return [value for _, value in values(given, path)] if isinstance(given, Properties) else []


@rule(
    id="perimeter-accessible-services",
    number=52,
    title="Networks inside a service perimeter reach the restricted services alone",
    remedy="Set status.vpcAccessibleServices of the ServicePerimeter: enableRestriction true, "
    "allowedServices RESTRICTED-SERVICES.",
    severity="high",
    types=_KINDS,
    controls=BOUNDARY,
    fails={"status": {"vpcAccessibleServices": {"enableRestriction": False}}},
    passes={
        "status": {
            "vpcAccessibleServices": {"enableRestriction": True, "allowedServices": ["RESTRICTED-SERVICES"]}
        }
    },
)
def perimeter_accessible_services(resource: Resource, stack: Stack) -> Iterator[Problem]:
    for prefix, perimeter in _regular(resource):
        where, given = _effective(prefix, perimeter)
        where = f"{where}.vpcAccessibleServices"
        access = given.get("vpcAccessibleServices") if isinstance(given, Properties) else None
        if not isinstance(access, Properties) or access.get("enableRestriction") is not True:
            yield Problem(f"{where}.enableRestriction", access and False)
            continue
        if access.get("allowedServicePatterns"):
            path = f"{where}.allowedServicePatterns"
            raise UnknownValue(path, "which services a URL pattern lets through cannot be told")
        restricted = {"RESTRICTED-SERVICES", *map(str, _services(given, "restrictedServices"))}
        for service in _services(access, "allowedServices"):
            if str(service) not in restricted:
                yield Problem(f"{where}.allowedServices", service)


_ACM = "gcp:accesscontextmanager"
_INGRESS, _EGRESS = "ingress", "egress"
_RULE_KINDS = {
    f"{_ACM}/servicePerimeterIngressPolicy:ServicePerimeterIngressPolicy": _INGRESS,
    f"{_ACM}/servicePerimeterEgressPolicy:ServicePerimeterEgressPolicy": _EGRESS,
    f"{_ACM}/servicePerimeterDryRunIngressPolicy:ServicePerimeterDryRunIngressPolicy": _INGRESS,
    f"{_ACM}/servicePerimeterDryRunEgressPolicy:ServicePerimeterDryRunEgressPolicy": _EGRESS,
}
"""Rules that are resources of their own."""
_NAMED_OR_NARROWER = (None, "", "IDENTITY_TYPE_UNSPECIFIED", "ANY_USER_ACCOUNT", "ANY_SERVICE_ACCOUNT")


def _crossings(resource: Resource) -> Iterator[tuple[str, str, Properties]]:
    """(path, direction, rule) of every rule, enforced or rehearsed."""
    if resource.type in _RULE_KINDS:
        yield "", _RULE_KINDS[resource.type], resource.properties
        return
    for prefix, perimeter in perimeters(resource):
        for part in ("status", "spec"):
            for way in (_INGRESS, _EGRESS):
                for path, each in entries(perimeter, f"{part}.{way}Policies"):
                    yield f"{prefix}{path}.", way, each


def _ingress(level: str) -> dict[str, Any]:
    source = {"identityType": "ANY_IDENTITY", "sources": [{"accessLevel": level}]}
    return {"status": {"ingressPolicies": [{"ingressFrom": source}]}}


@rule(
    id="perimeter-no-any-identity",
    number=53,
    title="No rule lets just anybody through a service perimeter, from anywhere or to anything",
    remedy="Name identities in ingressFrom or egressFrom, or sources, operations and resources instead of *.",
    severity="critical",
    types=(*_KINDS, *_RULE_KINDS),
    controls=BOUNDARY,
    fails=_ingress("*"),
    passes=_ingress("accessPolicies/1/accessLevels/clinics"),
)
def perimeter_no_any_identity(resource: Resource, stack: Stack) -> Iterator[Problem]:
    for path, way, given in _crossings(resource):
        who = given.at(f"{way}From.identityType")
        if who in _NAMED_OR_NARROWER:
            continue
        if who != "ANY_IDENTITY":
            raise UnknownValue(f"{path}{way}From.identityType", f"identity type {who!r} is not known here")
        if way == _INGRESS:
            yield from _from_anywhere(path, given)
        for where, operation in entries(given, f"{way}To.operations"):
            if operation.get("serviceName") == "*":
                yield Problem(f"{path}{where}.serviceName", "*")
        for where, target in values(given, f"{way}To.resources"):
            if target == "*":
                yield Problem(f"{path}{where}", "*")


def _from_anywhere(path: str, given: Properties) -> Iterator[Problem]:
    sources = entries(given, "ingressFrom.sources")
    if not sources:
        yield Problem(f"{path}ingressFrom.sources", None)
    for where, source in sources:
        level = source.get("accessLevel")
        if level == "*" or not (level or source.get("resource") or source.get("pscEndpoint")):
            yield Problem(f"{path}{where}.accessLevel", level)


def _configuration(*services: str) -> dict[str, Any]:
    return {"resources": ["projects/1"], "restrictedServices": list(services)}


def _both(**given: dict[str, Any]) -> dict[str, Any]:
    return {"useExplicitDryRunSpec": True, **given}


@rule(
    id="perimeter-dry-run-equals-enforced",
    number=54,
    title="What a service perimeter rehearses is what it enforces",
    remedy="Set spec and status of the ServicePerimeter from one configuration; waive this until a date "
    "while they must differ.",
    severity="medium",
    types=_KINDS,
    controls=BOUNDARY,
    fails=_both(spec=_configuration(REQUIRED[0]), status=_configuration()),
    passes=_both(spec=_configuration(REQUIRED[0]), status=_configuration(REQUIRED[0])),
    whole=True,
)
def perimeter_dry_run_equals_enforced(resource: Resource, stack: Stack) -> Iterator[Problem]:
    judged = False
    for prefix, perimeter in _regular(resource):
        if perimeter.get("useExplicitDryRunSpec") is not True:
            continue
        judged = True
        more = additions(stack, resource)
        rehearsed = _merged(perimeter.get("spec"), more.rehearsed, more.rehearsed_rules)
        enforced = _merged(perimeter.get("status"), more.enforced, more.enforced_rules)
        for key in sorted({*rehearsed, *enforced}):
            if rehearsed.get(key) != enforced.get(key):
                yield Problem(f"{prefix}spec.{key}", rehearsed.get(key))
    if not judged:
        raise NotApplicable("no specification of its own is rehearsed: it is the enforced one")


def _merged(given: Any, resources: list[str], rules: dict[str, list[Any]]) -> dict[str, Any]:
    """A configuration with what separate resources add, in a form that can be compared."""
    if given is not None and not isinstance(given, Properties):
        raise UnknownValue("spec", "spec or status has a form that cannot be judged")
    found = {key: given[key] for key in given} if given is not None else {}
    if resources:
        found["resources"] = [*(found.get("resources") or []), *resources]
    for key, more in rules.items():
        found[key] = [*(found.get(key) or []), *more]
    shaped = {key: comparable(value) for key, value in found.items()}
    return {key: value for key, value in shaped.items() if value}


def comparable(value: Any) -> Any:
    """Without what is empty, lists in one order: their order means nothing to Google."""
    if isinstance(value, Properties):
        shaped = {key: comparable(value[key]) for key in value}
        return {key: shaped[key] for key in sorted(shaped) if shaped[key]}
    if isinstance(value, list):
        return sorted({repr(comparable(item)): comparable(item) for item in value}.values(), key=repr)
    return value
