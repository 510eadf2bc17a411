"""Service perimeters (VPC Service Controls): who may reach a restricted service of which project.

Enforced is a perimeter's `status`; its `spec` (dry run) is only kept. Access levels: IP ranges and
members; regions, devices and VPC networks never match here. Egress: see `_may_leave`.
https://cloud.google.com/vpc-service-controls/docs/ingress-egress-rules
"""

from __future__ import annotations

import ipaddress
import secrets
from typing import Any

from localcloud import projects
from localcloud.api import ApiError, Call, Caller, Json
from localcloud.cloud import Cloud

_ACM = "accesscontextmanager"
_LOOPBACK = "127.0.0.1"
_cache: dict[tuple[int, int], list[Json]] = {}


def perimeters(cloud: Cloud) -> list[Json]:
    """Every perimeter with an enforced configuration."""
    key = (id(cloud.store), cloud.store.changes)
    if key not in _cache:
        _cache.clear()
        names = [n for n in cloud.store.names(_ACM, "accessPolicies/") if "/servicePerimeters/" in n]
        found = [cloud.store.get(_ACM, n) for n in names]
        _cache[key] = [p for p in found if p and (p.get("status") or {}).get("resources")]
    return _cache[key]


def require(cloud: Cloud, call: Call, project: str | None) -> None:
    """Raise 403 where a perimeter stands between the caller and the project's restricted service."""
    active = perimeters(cloud)
    if not active or project is None:
        return
    service = f"{call.api}.googleapis.com"
    target, source = _resource(cloud, project), _resource(cloud, call.caller.project)
    for perimeter in active:
        status = perimeter["status"]
        if not _restricts(status, service):
            continue
        inside, from_inside = target in status["resources"], source in status["resources"]
        if inside and not from_inside and not _may_enter(cloud, status, call, service, target):
            raise _refusal(perimeter, service, target, "NO_MATCHING_ACCESS_LEVEL")
        if from_inside and not inside and not _may_leave(status, call, service, target):
            raise _refusal(perimeter, service, target, "RESOURCES_NOT_IN_SAME_SERVICE_PERIMETER")


def _resource(cloud: Cloud, project: str | None) -> str:
    return f"projects/{projects.number(cloud, project)}" if project else ""


def _restricts(status: Json, service: str) -> bool:
    return service in status.get("restrictedServices", ()) or "*" in status.get("restrictedServices", ())


def _may_enter(cloud: Cloud, status: Json, call: Call, service: str, target: str) -> bool:
    if any(level_holds(cloud, name, call.caller) for name in status.get("accessLevels", ())):
        return True
    return any(
        _identity(rule.get("ingressFrom") or {}, call.caller)
        and _source(cloud, rule.get("ingressFrom") or {}, call.caller)
        and _operation(rule.get("ingressTo") or {}, call, service, target)
        for rule in status.get("ingressPolicies", ())
    )


def _may_leave(status: Json, call: Call, service: str, target: str) -> bool:
    return any(
        _identity(rule.get("egressFrom") or {}, call.caller)
        and _operation(rule.get("egressTo") or {}, call, service, target)
        for rule in status.get("egressPolicies", ())
    )


def _identity(where: Json, caller: Caller) -> bool:
    if caller.member in where.get("identities", ()):
        return True
    kind = where.get("identityType", "")
    return (
        kind == "ANY_IDENTITY"
        or (kind == "ANY_SERVICE_ACCOUNT" and caller.member.startswith("serviceAccount:"))
        or (kind == "ANY_USER_ACCOUNT" and caller.member.startswith("user:"))
    )


def _source(cloud: Cloud, where: Json, caller: Caller) -> bool:
    sources = where.get("sources") or []
    if not sources:
        return True
    here = _resource(cloud, caller.project)
    return any(
        s.get("accessLevel") == "*"
        or s.get("resource") == here != ""
        or level_holds(cloud, s.get("accessLevel"), caller)
        for s in sources
    )


def _operation(to: Json, call: Call, service: str, target: str) -> bool:
    resources = to.get("resources") or []
    if "*" not in resources and target not in resources:
        return False
    return any(
        operation.get("serviceName") in ("*", service) and _method(operation.get("methodSelectors"), call)
        for operation in to.get("operations") or ()
    )


def _method(selectors: list[Any] | None, call: Call) -> bool:
    """No selectors, `*`, or a method named as its last part (`google.storage.objects.get`)."""
    if not selectors:
        return True
    named = [str(s.get("method") or s.get("permission") or "") for s in selectors]
    return any(n == "*" or n.rpartition(".")[2].lower() == call.action.lower() for n in named)


def level_holds(cloud: Cloud, name: str | None, caller: Caller) -> bool:
    """Whether the caller, who is always on loopback, satisfies an access level."""
    level = cloud.store.get(_ACM, name) if name else None
    basic = (level or {}).get("basic")
    if not basic:
        return False
    met = [_condition(cloud, c, caller) for c in basic.get("conditions", ())]
    return any(met) if basic.get("combiningFunction") == "OR" else bool(met) and all(met)


def _condition(cloud: Cloud, condition: Json, caller: Caller) -> bool:
    met = True
    if ranges := condition.get("ipSubnetworks"):
        met = any(ipaddress.ip_address(_LOOPBACK) in ipaddress.ip_network(r, strict=False) for r in ranges)
    if members := condition.get("members"):
        met = met and caller.member in members
    if required := condition.get("requiredAccessLevels"):
        met = met and all(level_holds(cloud, name, caller) for name in required)
    if any(condition.get(key) for key in ("regions", "devicePolicy", "vpcNetworkSources")):
        met = False
    return not met if condition.get("negate") else met


def _refusal(perimeter: Json, service: str, target: str, violation: str) -> ApiError:
    unique = secrets.token_urlsafe(24)
    return ApiError(
        403,
        f"Request is prohibited by organization's policy. vpcServiceControlsUniqueIdentifier: {unique}",
        "PERMISSION_DENIED",
        "policyViolation",
        details=[
            {
                "@type": "type.googleapis.com/google.rpc.PreconditionFailure",
                "violations": [{"type": "VPC_SERVICE_CONTROLS", "description": unique}],
            },
            {
                "@type": "type.googleapis.com/google.rpc.ErrorInfo",
                "reason": "SECURITY_POLICY_VIOLATED",
                "domain": "googleapis.com",
                "metadata": {
                    "uid": unique,
                    "service": service,
                    "consumer": target,
                    "violation": violation,
                    "servicePerimeterName": perimeter["name"],
                },
            },
        ],
    )
