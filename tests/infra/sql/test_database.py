from __future__ import annotations

import pytest

from infra.errors import ConfigError
from infra.sql.database import DatabaseArgs, TenantDatabase
from tests.infra.engine import declare
from tests.infra.sites import SITE


def test_database_goes_before_the_role_that_owns_its_tables() -> None:
    args = DatabaseArgs(SITE, "main", "riverside", "tenant-riverside@p.iam")
    found = declare(lambda: TenantDatabase("d", args) and None)
    database = found.one("sql/database:Database")
    assert database.protect
    assert "gcp:sql/user:User::d" in found.before(database)


def test_further_databases_are_protected_too_and_belong_to_the_same_role() -> None:
    args = DatabaseArgs(SITE, "main", "riverside", "tenant-riverside@p.iam", ("reports",))
    found = declare(lambda: {"more": TenantDatabase("d", args).more})
    assert {each.name: each.inputs["name"] for each in found.of("sql/database:Database")} == {
        "d": "riverside",
        "d-reports": "reports",
    }
    assert all(each.protect for each in found.of("sql/database:Database"))
    assert len(found.of("sql/user:User")) == 1
    assert found.outputs == {"more": {"reports": "reports"}}


def test_a_retained_database_outlives_its_stack_with_its_role() -> None:
    args = DatabaseArgs(SITE, "audit", "riverside-audit", "tenant-riverside@p.iam", retained=True)
    found = declare(lambda: TenantDatabase("d", args) and None)
    assert found.one("sql/database:Database").retained and found.one("sql/user:User").retained
    kept = DatabaseArgs(SITE, "main", "riverside", "tenant-riverside@p.iam")
    plain = declare(lambda: TenantDatabase("d", kept) and None)
    assert not plain.one("sql/database:Database").retained and not plain.one("sql/user:User").retained


def test_a_database_named_twice_is_refused() -> None:
    with pytest.raises(ConfigError, match="more: 'riverside' is not allowed; allowed: each database once"):
        DatabaseArgs(SITE, "main", "riverside", "tenant-riverside@p.iam", ("riverside",))
