"""Grants of IAM, in the three forms that Pulumi's resources have: a member, a binding, a whole policy."""

from __future__ import annotations

import json
from collections.abc import Iterator
from functools import lru_cache
from typing import Any, Final, NamedTuple

from policies.resource import Properties, Resource, UnknownValue
from policies.rules.read import listed, mappings, plain
from policies.stack import Stack

_KINDS: Final = ("Member", "Binding", "Policy")
_ENDINGS: Final = tuple(f"{iam}{kind}" for iam in ("IAM", "Iam") for kind in _KINDS)


def iam_types(module: str, name: str = "", iam: str = "Iam") -> tuple[str, ...]:
    """The type tokens of a resource's three IAM resources, its members first."""
    classes = [f"{name}{iam}{kind}" for kind in _KINDS]
    return tuple(f"gcp:{module}/{each[0].lower()}{each[1:]}:{each}" for each in classes)


ABOVE: Final = tuple(
    token for module in ("projects", "folder", "organizations") for token in iam_types(module, iam="IAM")
)
"""Grants that reach everything in a project, or in all projects of a folder or an organisation."""

CUSTOM_ROLES: Final = (
    "gcp:projects/iAMCustomRole:IAMCustomRole",
    "gcp:organizations/iAMCustomRole:IAMCustomRole",
)


def grants_by_iam(resource: Resource) -> bool:
    return resource.type.endswith(_ENDINGS)


class Grant(NamedTuple):
    """Who is granted what, and the paths of both."""

    role_path: str
    role: str
    member_path: str
    member: str


def roles(resource: Resource) -> Iterator[tuple[str, str]]:
    """The roles that an IAM resource grants, each with its path."""
    if resource.type.endswith("Policy"):
        for path, binding in _bindings(resource):
            yield f"{path}.role", plain(binding.get("role"), f"{path}.role")
    else:
        yield "role", plain(resource.at("role"), "role")


def members(resource: Resource) -> Iterator[tuple[str, Any]]:
    """Those to whom an IAM resource grants something, each with its path."""
    if resource.type.endswith("Policy"):
        for path, binding in _bindings(resource):
            yield from ((f"{path}.{where}", who) for where, who in listed(binding, "members"))
    elif resource.type.endswith("Binding"):
        yield from listed(resource, "members")
    elif (member := resource.at("member")) is not None:
        yield "member", member


def grants(resource: Resource) -> Iterator[Grant]:
    if resource.type.endswith("Policy"):
        for path, binding in _bindings(resource):
            role = plain(binding.get("role"), f"{path}.role")
            for where, who in listed(binding, "members"):
                yield Grant(f"{path}.role", role, f"{path}.{where}", plain(who, where))
    else:
        role = plain(resource.at("role"), "role")
        for where, who in members(resource):
            yield Grant("role", role, where, plain(who, where))


def _bindings(resource: Resource) -> Iterator[tuple[str, Properties]]:
    document = plain(resource.at("policyData"), "policyData")
    policy = Properties({"bindings": _parsed(document)}, "policyData")
    for path, binding in mappings(policy, "bindings"):
        yield f"policyData.{path}", binding


@lru_cache(maxsize=64)
def _parsed(document: str) -> Any:
    try:
        policy = json.loads(document)
    except ValueError as error:
        raise UnknownValue("policyData", "policyData is not a policy in JSON") from error
    if not isinstance(policy, dict):
        raise UnknownValue("policyData", "policyData is not a policy in JSON")
    return policy.get("bindings") or []


def permissions(role: str, stack: Stack) -> list[str] | None:
    """Those of a custom role; None of a predefined one. Raises where another stack holds the role."""
    if role.startswith("roles/") or "/roles/" not in role:
        return None
    found = stack.named(role, *CUSTOM_ROLES)
    if found is None:
        raise UnknownValue("role", f"what {role} permits is not said in this stack")
    return [plain(each, path) for path, each in listed(found, "permissions")]
