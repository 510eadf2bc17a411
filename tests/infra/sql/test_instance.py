from __future__ import annotations

from dataclasses import replace

import pytest

from infra import profile
from infra.errors import ConfigError, ResidencyError
from infra.sql.instance import Instance, InstanceArgs
from infra.sql.options import InstanceOptions
from tests.infra.engine import Declared, declare
from tests.infra.sites import SITE

ARGS = InstanceArgs(SITE, "main", "net", "key", "sql-admin@p.iam", profile.load("saas"), "europe-west4")


def instance(args: InstanceArgs = ARGS) -> Declared:
    def program() -> dict[str, object]:
        made = Instance("i", args)
        return {"host": made.host, "certificates": made.certificates}

    return declare(program)


def test_no_public_address_and_tls_only() -> None:
    address = instance().one("DatabaseInstance").inputs["settings"]["ipConfiguration"]
    assert address["ipv4Enabled"] is False
    assert address["sslMode"] == "ENCRYPTED_ONLY"
    assert address["privateNetwork"] == "net"


def test_backups_to_a_moment_elsewhere_in_the_jurisdiction() -> None:
    backup = instance().one("DatabaseInstance").inputs["settings"]["backupConfiguration"]
    assert backup["enabled"] and backup["pointInTimeRecoveryEnabled"]
    assert backup["location"] == "europe-west4"
    assert backup["backupRetentionSettings"]["retainedBackups"] == 35


def test_iam_users_and_connection_logs() -> None:
    flags = {
        each["name"]: each["value"]
        for each in instance().one("DatabaseInstance").inputs["settings"]["databaseFlags"]
    }
    assert (
        flags["cloudsql.iam_authentication"]
        == flags["log_connections"]
        == flags["cloudsql.enable_pgaudit"]
        == "on"
    )


def test_deletion_is_refused_twice_until_decommissioned() -> None:
    kept = instance().one("DatabaseInstance").inputs
    assert kept["deletionProtection"] and kept["settings"]["deletionProtectionEnabled"]
    lifted = instance(replace(ARGS, site=replace(SITE, protected=False))).one("DatabaseInstance")
    assert (
        not lifted.inputs["deletionProtection"] and not lifted.inputs["settings"]["deletionProtectionEnabled"]
    )


def test_administrator_holds_superuser_by_api() -> None:
    user = instance().one("sql/user:User").inputs
    assert (user["name"], user["databaseRoles"]) == ("sql-admin@p.iam", ["cloudsqlsuperuser"])


def test_outputs_are_address_and_certificates_in_plain() -> None:
    assert instance().outputs == {"host": "127.64.0.2", "certificates": "-----BEGIN CERTIFICATE-----"}


def test_backups_outside_the_jurisdiction_are_refused_at_construction() -> None:
    with pytest.raises(ResidencyError, match="backups of instance main"):
        replace(ARGS, backup_region="us-central1")


def test_switches_over_to_the_replica_and_back_as_updates_of_the_same_instance() -> None:
    alone = instance().one("DatabaseInstance").inputs
    assert not {"instanceType", "masterInstanceName", "replicationCluster"} & alone.keys()
    ready = instance(replace(ARGS, recovery="main-2")).one("DatabaseInstance").inputs
    assert ready["replicationCluster"] == {"failoverDrReplicaName": "main-2"}
    demoted = instance(replace(ARGS, follows="main-2")).one("DatabaseInstance").inputs
    assert (demoted["instanceType"], demoted["masterInstanceName"]) == ("READ_REPLICA_INSTANCE", "main-2")
    assert demoted["settings"]["backupConfiguration"] == {
        "enabled": False,
        "pointInTimeRecoveryEnabled": False,
    }
    assert {demoted[key] for key in ("name", "region", "encryptionKeyName")} == {
        alone[key] for key in ("name", "region", "encryptionKeyName")
    }


def test_an_edition_without_switchover_is_refused() -> None:
    small = replace(ARGS.profile, edition="ENTERPRISE")
    with pytest.raises(ConfigError, match="allowed: ENTERPRISE_PLUS"):
        replace(ARGS, profile=small, recovery="main-2")


def test_more_transaction_log_than_the_edition_keeps_is_refused() -> None:
    small = replace(ARGS.profile, edition="ENTERPRISE")
    with pytest.raises(ConfigError, match="transaction_log_days: 14 is not allowed; allowed: 1 to 7"):
        replace(ARGS, profile=small, options=InstanceOptions(transaction_log_days=14))
