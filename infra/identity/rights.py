"""What may be granted for a while: no basic role, no power to act as any service account, nobody unnamed."""

from __future__ import annotations

import re

from infra.errors import ConfigError

BASIC = ("roles/editor", "roles/owner", "roles/viewer")
"""Check 27."""
IMPERSONATION = ("roles/iam.serviceAccountTokenCreator", "roles/iam.serviceAccountUser")
"""On a whole project: check 32 (CIS 1.6)."""
_ROLE = re.compile(r"(roles/|(projects|organizations)/[^/]+/roles/)[\w.]+")
_MEMBER = re.compile(r"(user|group|serviceAccount):[^\s@]+@[^\s@]+|principal(Set)?://\S+")


def require_role(key: str, role: str) -> None:
    if role in (*BASIC, *IMPERSONATION) or not _ROLE.fullmatch(role):
        allowed = f"predefined or custom roles, none of {', '.join((*BASIC, *IMPERSONATION))}"
        raise ConfigError(key, role, allowed)


def require_member(key: str, member: str) -> None:
    if not _MEMBER.fullmatch(member):
        raise ConfigError(key, member, "user:…, group:…, serviceAccount:…, principal://… or principalSet://…")
