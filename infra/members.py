"""IAM members: somebody, never everybody. Check 25."""

from __future__ import annotations

from collections.abc import Iterable

import pulumi

from infra.errors import ConfigError

EVERYBODY = ("allAuthenticatedUsers", "allUsers")
SOMEBODY = ("domain:", "group:", "principal:", "principalSet:", "serviceAccount:", "user:")


def require_member(member: str, what: str) -> str:
    """The member, if it is not the public; `what` it would reach is named otherwise."""
    if member in EVERYBODY:
        raise ConfigError(f"member of {what}", member, [f"{kind}…" for kind in SOMEBODY])
    return member


def require_members(members: Iterable[pulumi.Input[str]], what: str) -> None:
    """The same for all of them whose names are known before the preview."""
    for member in members:
        if isinstance(member, str):
            require_member(member, what)
