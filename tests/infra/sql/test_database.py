from __future__ import annotations

from infra.sql.database import DatabaseArgs, TenantDatabase
from tests.infra.engine import declare
from tests.infra.sites import SITE


def test_database_goes_before_the_role_that_owns_its_tables() -> None:
    args = DatabaseArgs(SITE, "main", "riverside", "tenant-riverside@p.iam")
    found = declare(lambda: TenantDatabase("d", args) and None)
    database = found.one("sql/database:Database")
    assert database.protect
    assert "gcp:sql/user:User::d" in found.before(database)
