"""Compute Engine: route policies of a Cloud Router. They are kept and checked, no route ever meets one.

https://cloud.google.com/network-connectivity/docs/router/reference/bgp-route-policy-reference
"""

from __future__ import annotations

from localcloud import generic, links, operations
from localcloud.api import ApiError, Call, Json, not_found
from localcloud.cloud import Cloud
from localcloud.registry import behaviour

API = "compute"
_TYPES = ("ROUTE_POLICY_TYPE_EXPORT", "ROUTE_POLICY_TYPE_IMPORT")
_R = "compute.routers"


@behaviour(f"{_R}.updateRoutePolicy")
def update(cloud: Cloud, call: Call) -> Json:
    """Makes the policy where there is none; a stale fingerprint is refused."""
    sent: Json = dict(call.body or {})
    _check(sent)
    with cloud.store.transaction():
        name = f"{_router(cloud, call)}/routePolicies/{sent['name']}"
        _require_fresh(cloud.store.get(API, name), sent)
        cloud.store.put(API, name, sent | {"fingerprint": links.fingerprint()})
    return operations.done(call)


def _check(sent: Json) -> None:
    if not sent.get("name"):
        raise ApiError(400, "Required field 'name' not specified", reason="required")
    if sent.setdefault("type", _TYPES[1]) not in _TYPES:
        raise ApiError(400, f"type {sent['type']!r}: allowed are {', '.join(_TYPES)}.", reason="invalid")
    priorities = [int(term.get("priority") or 0) for term in sent.get("terms") or []]
    if len(set(priorities)) < len(priorities):
        raise ApiError(400, "terms: two of them have the same priority.", reason="invalid")


def _require_fresh(old: Json | None, sent: Json) -> None:
    if old and sent.get("fingerprint") and sent["fingerprint"] != old["fingerprint"]:
        raise ApiError(412, "Invalid fingerprint.", reason="conditionNotMet")


@behaviour(f"{_R}.getRoutePolicy")
def get(cloud: Cloud, call: Call) -> Json:
    return {"resource": _found(cloud, call)[1]}


@behaviour(f"{_R}.listRoutePolicies")
def list_(cloud: Cloud, call: Call) -> Json:
    rows = cloud.store.list(API, _router(cloud, call), "routePolicies")
    return {"kind": "compute#routersListRoutePolicies", "result": [_told(row) for row in rows]}


@behaviour(f"{_R}.deleteRoutePolicy")
def delete(cloud: Cloud, call: Call) -> Json:
    """Not while a peer of the router uses it."""
    with cloud.store.transaction():
        name, policy = _found(cloud, call)
        for peer in generic.load(cloud, API, _router(cloud, call)).get("bgpPeers") or []:
            if policy["name"] in (*peer.get("importPolicies", ()), *peer.get("exportPolicies", ())):
                raise ApiError(
                    400,
                    f"The route policy '{policy['name']}' is already being used by '{peer['name']}'",
                    reason="resourceInUseByAnotherResource",
                )
        cloud.store.delete(API, name)
    return operations.done(call)


def _router(cloud: Cloud, call: Call) -> str:
    generic.load(cloud, API, call.name)
    return call.name


def _found(cloud: Cloud, call: Call) -> tuple[str, Json]:
    name = f"{_router(cloud, call)}/routePolicies/{call.query.get('policy', '')}"
    policy = cloud.store.get(API, name)
    if policy is None:
        raise not_found(name)
    return name, _told(policy)


def _told(row: Json) -> Json:
    return {key: row[key] for key in ("name", "type", "description", "fingerprint", "terms") if key in row}
