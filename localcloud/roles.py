"""Which permissions a role grants: Google's predefined roles that the platform uses, and custom roles."""

from __future__ import annotations

from fnmatch import fnmatchcase
from functools import cache
from pathlib import Path

import yaml

from localcloud.store import Store


@cache
def predefined() -> dict[str, tuple[str, ...]]:
    """roles.yaml: role to permission patterns."""
    raw = yaml.load((Path(__file__).parent / "roles.yaml").read_text(), yaml.CSafeLoader)
    return {role: tuple(patterns) for role, patterns in raw.items()}


@cache
def _predefined_grants(role: str, permission: str) -> bool:
    patterns = predefined().get(role, ())
    if any(p.startswith("-") and fnmatchcase(permission, p[1:]) for p in patterns):
        return False
    return any(fnmatchcase(permission, p) for p in patterns)


def grants(store: Store, role: str, permission: str) -> bool:
    """Whether the role holds the permission; a role that is not known here grants nothing."""
    if role.startswith("roles/"):
        return _predefined_grants(role, permission)
    body = store.get("iam", role)
    return body is not None and not body.get("deleted") and permission in body.get("includedPermissions", ())
