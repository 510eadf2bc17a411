"""Compute Engine: methods that are neither create, read, change nor delete."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

from localcloud import generic, links, merge, operations
from localcloud.api import ApiError, Call, Json, not_found
from localcloud.cloud import Cloud
from localcloud.registry import behaviour
from localcloud.services import servicenetworking

API = "compute"
_ARMOR = ("compute.securityPolicies", "compute.regionSecurityPolicies")
_REGIONS = (
    "europe-west1",
    "europe-west3",
    "europe-west4",
    "europe-west9",
    "europe-north1",
    "us-central1",
    "us-east1",
)

_SETTERS = {
    "setSecurityPolicy": "securityPolicy",
    "setEdgeSecurityPolicy": "edgeSecurityPolicy",
    "setUrlMap": "urlMap",
    "setSslPolicy": "sslPolicy",
    "setQuicOverride": "quicOverride",
    "setCertificateMap": "certificateMap",
    "setSslCertificates": "sslCertificates",
    "setTarget": "target",
    "setPrivateIpGoogleAccess": "privateIpGoogleAccess",
}
_HOLDERS = {
    "backendServices": ("setSecurityPolicy", "setEdgeSecurityPolicy"),
    "regionBackendServices": ("setSecurityPolicy",),
    "targetHttpsProxies": (
        "setUrlMap",
        "setSslPolicy",
        "setQuicOverride",
        "setCertificateMap",
        "setSslCertificates",
    ),
    "targetHttpProxies": ("setUrlMap",),
    "globalForwardingRules": ("setTarget",),
    "forwardingRules": ("setTarget",),
    "subnetworks": ("setPrivateIpGoogleAccess",),
}


@behaviour(*(f"compute.{holder}.{action}" for holder, actions in _HOLDERS.items() for action in actions))
def set_one(cloud: Cloud, call: Call) -> Json:
    """`setX`: one field of the resource; an empty reference removes it."""
    call = _global(call)
    field = _SETTERS[call.action]
    value = (call.body or {}).get("securityPolicy" if field == "edgeSecurityPolicy" else field)
    with cloud.store.transaction():
        body = generic.load(cloud, API, call.name)
        body.pop(field, None)
        if value not in (None, ""):
            body[field] = value
        cloud.store.put(API, call.name, body | {"fingerprint": links.fingerprint()})
    return operations.done(call)


def _global(call: Call) -> Call:
    """Some of these methods have no `global` in their path, though their resource has."""
    parts = call.name.split("/")
    if parts[2] in ("global", "regions", "zones"):
        return call
    return replace(call, name="/".join([*parts[:2], "global", *parts[2:]]))


def _rules(*actions: str) -> list[str]:
    return [f"{policy}.{action}" for policy in _ARMOR for action in actions]


@behaviour(*_rules("addRule", "patchRule", "removeRule"), permission="compute.securityPolicies.update")
def change_rule(cloud: Cloud, call: Call) -> Json:
    with cloud.store.transaction():
        body = generic.load(cloud, API, call.name)
        body["rules"] = _changed(call, list(body.get("rules") or []))
        cloud.store.put(API, call.name, body | {"fingerprint": links.fingerprint()})
    return operations.done(call)


def _changed(call: Call, rules: list[Json]) -> list[Json]:
    sent: Json = call.body or {}
    priority = int(call.query.get("priority") or sent.get("priority") or 0)
    found = next((rule for rule in rules if rule.get("priority") == priority), None)
    if call.action == "addRule":
        if found:
            raise ApiError(400, f"Cannot have rules with the same priorities: {priority}.", reason="invalid")
        return [*rules, sent]
    if found is None:
        raise not_found(f"{call.name}/rules/{priority}")
    others = [rule for rule in rules if rule is not found]
    if call.action == "removeRule":
        return others
    mask = call.query.get("updateMask")
    new = merge.masked(found, sent, mask) if mask else merge.merged(found, sent)
    return [new if rule is found else rule for rule in rules]


@behaviour(*_rules("getRule"), permission="compute.securityPolicies.get")
def get_rule(cloud: Cloud, call: Call) -> Json:
    priority = int(call.query.get("priority", "0"))
    for rule in generic.load(cloud, API, call.name).get("rules") or ():
        if rule.get("priority") == priority:
            return dict(rule)
    raise not_found(f"{call.name}/rules/{priority}")


@behaviour("compute.networks.delete")
def delete_network(cloud: Cloud, call: Call) -> Json:
    """Its default routes and its peerings with services go with it."""
    with cloud.store.transaction():
        reply: Json = generic.delete(cloud, call)
        links.delete_default_routes(cloud, call.name)
        servicenetworking.forget(cloud, call.name)
    return reply


@behaviour("compute.regions.get", "compute.zones.get", permission="")
def place(cloud: Cloud, call: Call) -> Json:
    kind, name = call.name.split("/")[-2:]
    body: dict[str, Any] = {
        "kind": f"compute#{kind[:-1]}",
        "name": name,
        "status": "UP",
        "selfLink": f"{links.root(call)}/{call.name}",
    }
    if kind == "regions":
        body["zones"] = [
            f"{links.root(call)}/projects/{call.project}/zones/{name}-{letter}" for letter in "abc"
        ]
    else:
        body["region"] = f"{links.root(call)}/projects/{call.project}/regions/{name.rpartition('-')[0]}"
    return body


@behaviour("compute.regions.list", permission="")
def list_regions(cloud: Cloud, call: Call) -> Json:
    root = f"{links.root(call)}/{call.name}"
    return {
        "kind": "compute#regionList",
        "items": [
            {"kind": "compute#region", "name": name, "status": "UP", "selfLink": f"{root}/{name}"}
            for name in _REGIONS
        ],
    }


@behaviour("compute.projects.get")
def project(cloud: Cloud, call: Call) -> Json:
    from localcloud import projects
    from localcloud.services import compute_shared_vpc

    return {
        "kind": "compute#project",
        "name": call.project,
        "id": projects.number(cloud, str(call.project)),
        "commonInstanceMetadata": {"kind": "compute#metadata", "fingerprint": "AAAAAAAAAAA="},
        "defaultNetworkTier": "PREMIUM",
        "xpnProjectStatus": compute_shared_vpc.status(cloud, str(call.project)),
        "selfLink": f"{links.root(call)}/{call.name}",
    }
