from __future__ import annotations

from infra.identity.account import Account, AccountArgs
from tests.infra.engine import declare


def test_database_user_drops_the_end_of_the_address() -> None:
    args = AccountArgs("careplane-cell", "tenant-a", "Runtime of a", ("roles/logging.logWriter",))
    found = declare(lambda: {"user": Account("a", args).database_user})
    assert found.outputs == {"user": "tenant-a@careplane-cell.iam"}
    grant = found.one("projects/iAMMember:IAMMember")
    assert grant.name == "a-logWriter"
    assert grant.inputs["member"] == "serviceAccount:tenant-a@careplane-cell.iam.gserviceaccount.com"
