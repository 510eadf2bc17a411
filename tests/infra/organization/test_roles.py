from __future__ import annotations

from infra.organization.roles import ROLES, Roles, RolesArgs
from tests.infra.engine import declare


def test_every_role_has_a_full_name() -> None:
    found = declare(lambda: dict(Roles("r", RolesArgs("111")).names))
    assert found.outputs == {role: f"organizations/111/roles/{role}" for role in ROLES}
