from __future__ import annotations

import pytest

from infra.errors import ConfigError
from infra.stack.tenant_identity import ROLES, identity
from tests.infra.engine import Declared, declare
from tests.infra.stack.parts import tenant_config


def test_a_service_account_of_the_tenants_own_with_one_role() -> None:
    config = tenant_config()

    def program() -> dict[str, object]:
        found = identity(config, None)
        return {"member": found.member, "user": found.database_user}

    found = declare(program)
    assert found.one("serviceaccount/account:Account").inputs["accountId"] == "tenant-riverside"
    assert {each.inputs["role"] for each in found.of("projects/iAMMember:IAMMember")} == set(ROLES)
    assert found.outputs == {
        "member": "serviceAccount:tenant-riverside@careplane-riverside.iam.gserviceaccount.com",
        "user": "tenant-riverside@careplane-riverside.iam",
    }


def test_the_second_site_is_the_same_identity_and_grants_it_nothing_again(us: dict[str, Declared]) -> None:
    for tenant in ("riverside", "lakeside"):
        first, second = us[f"us-tenant-{tenant}"], us[f"us-tenant-{tenant}-2"]
        assert second.outputs["serviceAccount"] == first.outputs["serviceAccount"]
        assert not second.of("serviceaccount/account:Account")
        assert not second.of("projects/iAMMember:IAMMember")


def test_a_name_too_long_for_an_account() -> None:
    with pytest.raises(ConfigError, match="careplane:tenant"):
        tenant_config(tenant="a-hospital-with-a-long-name")
