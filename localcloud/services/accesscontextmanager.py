"""Access Context Manager: policies, access levels, service perimeters (enforced in perimeter.py)."""

from __future__ import annotations

import ipaddress
import re
import secrets
from typing import Any

from localcloud import generic, operations, projects
from localcloud.api import ApiError, Call, Json
from localcloud.cloud import Cloud
from localcloud.pages import page
from localcloud.registry import behaviour, computed

API = "accesscontextmanager"
_P = "accesscontextmanager.accessPolicies"


@behaviour(f"{_P}.create", permission="")
def create_policy(cloud: Cloud, call: Call) -> Json:
    """The organisation has one policy without scopes; a scoped one names one project or folder."""
    sent = call.body or {}
    parent = str(sent.get("parent", ""))
    if not projects.is_organization(parent):
        raise ApiError(400, f"parent: {parent!r} is not allowed; allowed: organizations/NUMBER")
    cloud.iam.require(call.caller, "accesscontextmanager.policies.create", projects.API, parent)
    scopes = sent.get("scopes") or []
    with cloud.store.transaction():
        for other in cloud.store.list(API, "", "accessPolicies"):
            if other["parent"] == parent and (other.get("scopes") or []) == scopes:
                raise ApiError(
                    409, f"An access policy already exists for {scopes or parent}.", "ALREADY_EXISTS"
                )
        name = f"accessPolicies/{secrets.randbelow(9 * 10**11) + 10**11}"
        body = {**sent, "name": name, "etag": generic.new_etag()}
        cloud.store.put(API, name, body)
    return operations.done(call, body)


@behaviour(f"{_P}.list", permission="accesscontextmanager.policies.list")
def list_policies(cloud: Cloud, call: Call) -> Json:
    wanted = call.query.get("parent")
    found = [p for p in cloud.store.list(API, "", "accessPolicies") if wanted in (None, "", p["parent"])]
    return page(call, "accessPolicies", found)


@computed(f"{_P}.accessLevels")
def level(cloud: Cloud, name: str, body: Json, new: bool) -> None:
    _check_name(name)
    if not body.get("basic") and not body.get("custom"):
        raise ApiError(400, "basic: an access level needs basic or custom conditions.")
    for condition in (body.get("basic") or {}).get("conditions") or ():
        for text in condition.get("ipSubnetworks") or ():
            _check_range(text)


def _check_range(text: Any) -> None:
    try:
        ipaddress.ip_network(str(text))
    except ValueError as error:
        raise ApiError(
            400, f"ipSubnetworks: {text!r} is not allowed; allowed: a CIDR range ({error})."
        ) from None


def _check_name(name: str) -> None:
    short = name.rpartition("/")[2]
    if not re.fullmatch(r"[a-zA-Z]\w{0,49}", short):
        raise ApiError(
            400, f"name: {short!r} is not allowed; allowed: a letter, then letters, digits or underscores"
        )


@computed(f"{_P}.servicePerimeters")
def perimeter(cloud: Cloud, name: str, body: Json, new: bool) -> None:
    _check_name(name)
    body["etag"] = generic.new_etag()
    body.setdefault("perimeterType", "PERIMETER_TYPE_REGULAR")
    for part in ("status", "spec"):
        for member in (body.get(part) or {}).get("resources") or ():
            if not re.fullmatch(r"projects/\d+|//compute\.googleapis\.com/projects/.+", member):
                raise ApiError(400, f"{part}.resources: {member!r} is not allowed; allowed: projects/NUMBER")
        for wanted in (body.get(part) or {}).get("accessLevels") or ():
            if cloud.store.get(API, wanted) is None:
                raise ApiError(400, f"{part}.accessLevels: {wanted} does not exist.")
    if body["perimeterType"] == "PERIMETER_TYPE_REGULAR":
        _require_free(cloud, name, (body.get("status") or {}).get("resources") or [])


def _require_free(cloud: Cloud, name: str, resources: list[str]) -> None:
    """A project is in one regular perimeter at most."""
    for other in cloud.store.list(API, name.rpartition("/servicePerimeters/")[0], "servicePerimeters"):
        both = set(resources) & set((other.get("status") or {}).get("resources") or ())
        if other["name"] != name and other.get("perimeterType") == "PERIMETER_TYPE_REGULAR" and both:
            raise ApiError(400, f"{sorted(both)[0]} is already in perimeter {other['name']}.")


@behaviour(f"{_P}.servicePerimeters.commit", permission="accesscontextmanager.servicePerimeters.commit")
def commit(cloud: Cloud, call: Call) -> Json:
    """Dry-run configurations become the enforced ones."""
    changed = []
    for body in cloud.store.list(API, call.params["parent"], "servicePerimeters"):
        if body.get("useExplicitDryRunSpec"):
            body["status"] = body.pop("spec", {})
            del body["useExplicitDryRunSpec"]
            cloud.store.put(API, body["name"], body | {"etag": generic.new_etag()})
            changed.append(body)
    return operations.done(call, {"servicePerimeters": changed})
