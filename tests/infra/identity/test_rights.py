from __future__ import annotations

import pytest

from infra.errors import ConfigError
from infra.identity.rights import require_member, require_role


@pytest.mark.parametrize(
    "role", ["roles/storage.objectViewer", "organizations/111/roles/careplane_auditor", "projects/p/roles/r"]
)
def test_usable_roles(role: str) -> None:
    require_role("role", role)


@pytest.mark.parametrize(
    "role",
    ["roles/owner", "roles/editor", "roles/viewer", "roles/iam.serviceAccountTokenCreator", "storage.admin"],
)
def test_refused_roles(role: str) -> None:
    with pytest.raises(ConfigError, match=f"role: '{role}' is not allowed; allowed: predefined or custom"):
        require_role("role", role)


@pytest.mark.parametrize(
    "member", ["user:a@b.org", "group:g@b.org", "principal://iam.googleapis.com/x/subject/y"]
)
def test_usable_members(member: str) -> None:
    require_member("member", member)


@pytest.mark.parametrize("member", ["allUsers", "allAuthenticatedUsers", "domain:b.org", "a@b.org"])
def test_refused_members(member: str) -> None:
    with pytest.raises(ConfigError, match=f"member: '{member}'"):
        require_member("member", member)
