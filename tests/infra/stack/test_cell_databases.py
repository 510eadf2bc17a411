from __future__ import annotations

from typing import Any

import pytest

from infra.errors import ResidencyError
from infra.stack.cell_databases import Databases
from infra.stack.upstream import Upstream
from tests.infra.engine import Declared
from tests.infra.stack.parts import AGENTS, again, cell_config, names, part

FIRST = {"local-cell": {"pooled": {"instance": "pooled"}}}
SECOND = {
    "pairedCell": "local-cell",
    "pairedRegion": "europe-west3",
    "pairedSite": "frankfurt",
    "gcp__region": "europe-west4",
}


def databases(upstream: dict[str, dict[str, Any]] | None = None, **changes: Any) -> Declared:
    cell = cell_config(**changes)

    def make(*given: Any) -> dict[str, Any]:
        first = Upstream(cell.paired_stack) if cell.paired_stack else None
        found = Databases(*given, first)
        return {"pooled": found.pooled, "audit": found.audit}

    return part(cell, make, upstream=upstream)


def test_the_first_site_has_an_instance_of_its_own_with_backups_elsewhere() -> None:
    found = databases()
    instance = found.one("DatabaseInstance").inputs
    assert "masterInstanceName" not in instance
    assert instance["settings"]["backupConfiguration"]["location"] == "europe-west4"
    assert found.outputs["pooled"]["instance"] == "pooled"
    assert found.outputs["audit"] is None


def test_the_second_site_copies_it_under_a_key_of_its_own() -> None:
    found = databases(FIRST, **SECOND)
    copy = found.one("DatabaseInstance").inputs
    assert (copy["name"], copy["masterInstanceName"]) == ("pooled-frankfurt", "pooled")
    assert copy["region"] == "europe-west4"
    assert "/locations/europe-west4/" in copy["encryptionKeyName"]
    assert not found.of("sql/user:User"), "users come with the copy"


def test_promotion_makes_the_copy_a_database_with_backups_and_moves_nothing_else(
    us: dict[str, Declared],
) -> None:
    before, after = us["us-cell-2"], again(us, "us-cell-2", promoted="true")
    assert names(before) == names(after)
    copy, own = before.one("DatabaseInstance").inputs, after.one("DatabaseInstance").inputs
    assert copy["instanceType"] == "READ_REPLICA_INSTANCE" and own["instanceType"] == "CLOUD_SQL_INSTANCE"
    assert "masterInstanceName" not in own
    assert own["settings"]["backupConfiguration"]["enabled"] is True
    for key in ("encryptionKeyName", "name", "project", "region"):
        assert copy[key] == own[key]
    assert before.outputs["pooled"] == after.outputs["pooled"]


def test_private_keeps_the_audit_trail_in_an_instance_under_the_audit_key() -> None:
    others = tuple(each for each in AGENTS if each != "healthcare")
    cell = cell_config(profile="private")
    found = part(cell, lambda *given: Databases(*given, None) and None, agents=others)
    instance = found.one("DatabaseInstance")
    assert instance.inputs["name"] == "audit"
    assert instance.inputs["encryptionKeyName"].endswith("/cryptoKeys/audit")
    assert "gcp:kms/cryptoKeyIAMMember:CryptoKeyIAMMember::cell-audit-sqladmin" in found.before(instance)


def test_a_first_site_outside_the_jurisdiction() -> None:
    with pytest.raises(ResidencyError, match="us-central1"):
        databases(FIRST, **{**SECOND, "pairedRegion": "us-central1"})
